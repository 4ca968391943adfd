"""Handlers of other rooms' events; each runs in the transaction of its inbox row and only touches this database."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import acknowledge, concerns, forget_in_shared_tables
from subgraphs.kernel.events import Event, Handler, Listens
from subgraphs.kernel.outbox import write_events
from subgraphs.notification.announcements import (
    ANNOUNCEMENTS,
    Announcement,
    announced_data,
    channels_for,
    link_of,
    mail_address,
    template_values,
)
from subgraphs.notification.channels import Channels
from subgraphs.notification.domain import Channel, Recipient, TemplateMissingError, render, template_names
from subgraphs.notification.repository import contacts, deliveries, inbox, recipients, templates
from subgraphs.notification.repository.recipients import Moment
from subgraphs.notification.service import ARRIVED
from subgraphs.notification.tables import DB


async def announce(event: Event, room: RunningRoom) -> None:
    """Tell the event's user over every channel they want, once each; staff, when the event is about no user.

    Raises when a template is missing or lacks a variable.
    """
    announcement = ANNOUNCEMENTS[event.type]
    if announcement.staff:
        told = await recipients.staff_with(announcement.staff)
    else:
        told = [UUID(event.payload["user_id"])]
    await recipients.hold_people(*told)
    known = await recipients.recipients_by_id(told)
    for user_id in told:
        await _tell(event, room, announcement, user_id, known.get(user_id, Recipient()))


async def _tell(
    event: Event, room: RunningRoom, announcement: Announcement, user_id: UUID, recipient: Recipient
) -> None:
    if recipient.erased:
        return  # an event told late must not bring anything of the person back
    available: Channels = room.resources
    address = mail_address(announcement, event.payload)
    for channel in channels_for(announcement, recipient, available.adapters):
        await _tell_over(channel, event, announcement, user_id, recipient, address)


async def _tell_over(
    channel: Channel, event: Event, announcement: Announcement, user_id: UUID, recipient: Recipient, address: str | None
) -> None:
    template = await templates.first_template(template_names(event.type, channel, recipient.locale))
    if template is None:
        raise TemplateMissingError(f"no template tells {event.type} over {channel.value}")
    if not template.active:
        return
    rendered = render(template, channel, template_values(event.payload, recipient.first_name))
    order_id = event.payload.get("order_id")
    by_mail = channel is Channel.EMAIL
    notification_id = await inbox.insert_notification(
        user_id=user_id,
        channel=channel,
        category=announcement.category,
        title=rendered.title,
        message=rendered.message,
        priority=announcement.priority,
        data=announced_data(announcement, event.payload),
        event_id=event.event_id,
        occurred_at=event.occurred_at,
        order_id=UUID(order_id) if order_id else None,
        address=address if by_mail else None,
        link=link_of(announcement, event.payload) if by_mail else None,
    )
    if notification_id is not None and channel is Channel.IN_APP:
        facts = {"notification_id": str(notification_id), "user_id": str(user_id)}
        await write_events(DB, Event(ARRIVED, f"user:{user_id}", facts, traceparent=event.traceparent))


async def on_registered(event: Event, room: RunningRoom) -> None:
    """A new account: keep its address and name, and welcome it."""
    await _project_account(event, active=True)
    await announce(event, room)


async def on_email_changed(event: Event, room: RunningRoom) -> None:
    await _project_account(event, active=None)
    await announce(event, room)


async def on_activated(event: Event, room: RunningRoom) -> None:
    await _project_account(event, active=True)


async def on_deactivated(event: Event, room: RunningRoom) -> None:
    await _project_account(event, active=False)
    await announce(event, room)


async def on_role_changed(event: Event, room: RunningRoom) -> None:
    user_id = UUID(event.payload["user_id"])
    await recipients.hold_people(user_id)
    await recipients.save_role(user_id, event.occurred_at, str(event.payload["role"]))
    await announce(event, room)


async def on_profile(event: Event, room: RunningRoom) -> None:
    payload = event.payload
    await recipients.save_profile(
        UUID(payload["user_id"]),
        event.occurred_at,
        first_name=payload.get("first_name"),
        phone=payload.get("phone_number"),
    )


async def on_erased(event: Event, room: RunningRoom) -> None:
    """Forget the person and what they were told, also what is still to be sent."""
    if not concerns(event, room.name):
        return
    user_id = UUID(event.payload["user_id"])
    await recipients.hold_people(user_id, erasing=True)
    await recipients.forget_recipient(user_id)
    await contacts.forget_contacts(user_id)
    await inbox.delete_all(user_id)
    await forget_in_shared_tables(DB, user_id)
    await acknowledge(DB, user_id)


async def on_order(event: Event, room: RunningRoom) -> None:
    """Keep where the buyer is written to, which no other room's events about the order tell; then tell of it."""
    email = event.payload.get("contact_email")
    if email is not None:
        order_id, user_id = UUID(event.payload["order_id"]), UUID(event.payload["user_id"])
        await recipients.hold_people(user_id)
        if await contacts.save_contact(order_id, user_id, email):
            await deliveries.revive_unaddressed(order_id)
    await announce(event, room)


async def on_preferences(event: Event, room: RunningRoom) -> None:
    payload = event.payload
    await recipients.save_preferences(
        UUID(payload["user_id"]),
        Moment(event.version, event.occurred_at),
        email=bool(payload["email_notifications"]),
        sms=bool(payload["sms_notifications"]),
        push=bool(payload["push_notifications"]),
        locale=payload.get("language"),
    )


async def _project_account(event: Event, *, active: bool | None) -> None:
    payload = event.payload
    user_id = UUID(payload["user_id"])
    await recipients.hold_people(user_id)
    await recipients.save_account(
        user_id,
        Moment(event.version, event.occurred_at),
        email=payload.get("email"),
        first_name=payload.get("first_name"),
        locale=payload.get("locale"),
        active=active,
    )


_PROJECTED: Mapping[str, Handler] = {
    "user.registered": on_registered,
    "user.email_changed": on_email_changed,
    "user.activated": on_activated,
    "user.deactivated": on_deactivated,
    "user.role_changed": on_role_changed,
    "user.erased": on_erased,
}
_SERVICES = {  # who tells of what
    "user": "auth",
    "order": "order",
    "payment": "payment",
    "stock": "product",
    "preferences": "user",
    "profile": "user",
}

HANDLERS: Mapping[str, Handler] = {
    **{name: on_order if name.startswith("order.") else announce for name in ANNOUNCEMENTS},
    **_PROJECTED,
    "preferences.updated": on_preferences,
    "profile.updated": on_profile,
}

LISTENS = tuple(Listens(_SERVICES[name.partition(".")[0]], name, handler) for name, handler in HANDLERS.items())
