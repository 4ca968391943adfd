"""Handlers of other rooms' events; each runs in the transaction of its inbox row and only touches this database."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event, Handler, Listens
from subgraphs.notification.domain import (
    ANNOUNCEMENTS,
    DEFAULT_LOCALE,
    Channel,
    TemplateMissingError,
    announced_data,
    render,
    template_names,
    template_values,
)
from subgraphs.notification.repository import inbox, recipients, templates
from subgraphs.notification.repository.recipients import Moment


async def announce(event: Event, room: RunningRoom) -> None:
    """Put the event into its user's inbox; raises when its template is missing or lacks a variable."""
    announcement = ANNOUNCEMENTS[event.type]
    user_id = UUID(event.payload["user_id"])
    known = await recipients.recipient(user_id) or {}
    template = await templates.first_template(
        template_names(event.type, Channel.IN_APP, known.get("locale") or DEFAULT_LOCALE)
    )
    if template is None:
        raise TemplateMissingError(f"no template tells {event.type}")
    if not template.active:
        return
    rendered = render(template, template_values(event.payload, known.get("first_name")))
    order_id = event.payload.get("order_id")
    await inbox.insert_notification(
        user_id=user_id,
        channel=Channel.IN_APP,
        category=announcement.category,
        title=rendered.title,
        message=rendered.message,
        priority=announcement.priority,
        data=announced_data(announcement, event.payload),
        event_id=event.event_id,
        order_id=UUID(order_id) if order_id else None,
    )


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


async def on_erased(event: Event, room: RunningRoom) -> None:
    """Forget the person."""
    await recipients.forget_recipient(UUID(event.payload["user_id"]))


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
    await recipients.save_account(
        UUID(payload["user_id"]),
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
    "user.erased": on_erased,
}
_SERVICES = {"user": "auth", "order": "order", "payment": "payment"}  # who tells of user.*, order.*, payment.*

HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(ANNOUNCEMENTS, announce),
    **_PROJECTED,
    "preferences.updated": on_preferences,
}

LISTENS = (
    Listens("user", "preferences.updated", on_preferences),
    *(
        Listens(_SERVICES[name.partition(".")[0]], name, handler)
        for name, handler in HANDLERS.items()
        if name != "preferences.updated"
    ),
)
