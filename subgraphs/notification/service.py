"""Use cases: reading the inbox, keeping templates, retrying dead letters."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event, Handler
from subgraphs.kernel.feed import Feed
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Invalid, Missing
from subgraphs.notification.domain import (
    Channel,
    Notification,
    Template,
    check_template,
    is_template_name,
    named_for,
    render,
)
from subgraphs.notification.repository import dead_letters, deliveries, inbox, templates
from subgraphs.notification.tables import DB

ARRIVED = "notification.created"
"""Event of this room: ``notification_id`` is in the inbox of ``user_id``."""


async def arrivals(feed: Feed, principal: Principal) -> AsyncGenerator[Notification, None]:
    """The caller's notifications as they are put into the inbox."""
    owner = principal.required_user()

    def theirs(event: Event) -> str | None:
        told = event.type == ARRIVED and event.payload.get("user_id") == str(owner)
        return event.payload.get("notification_id") if told else None

    notification_by_id = feed.shared(inbox.notifications_by_id)
    async with feed.listening(theirs) as events:
        async for event in events:
            found = await notification_by_id(UUID(event.payload["notification_id"]))
            if found is not None and principal.owns(found.user_id):
                yield found


async def mark_read(principal: Principal, notification_id: str) -> Notification:
    """Mark one of the caller's notifications read; again and again is fine."""
    wanted = existing_uuid(notification_id, "notification", path=["id"])
    found = await inbox.mark_read(wanted, principal.required_user())
    if found is None:
        raise Missing("There is no such notification.", path=["id"])
    return found


async def mark_all_read(principal: Principal, before: dt.datetime | None) -> int:
    """Mark the caller's unread notifications read, those before a moment or all; answers how many changed."""
    return await inbox.mark_all_read(principal.required_user(), before)


@dataclass(frozen=True, slots=True)
class Preview:
    """A template and what it renders to; ``text`` is None when it was only stored."""

    template: Template
    text: str | None = None


async def upsert_template(
    *, name: str, channel: Channel, locale: str, subject: str | None, body: str, variables: Sequence[str], active: bool
) -> Preview:
    """Write a template, new or in place of the one with its name; raises Invalid for what could be sent wrongly."""
    names = sorted(set(variables))
    check_template(name=name, channel=channel, locale=locale, subject=subject, body=body, variables=names)
    async with DB.transaction():
        template = await templates.upsert_template(
            name=name, channel=channel, locale=locale, subject=subject, body=body, variables=names, active=active
        )
    return Preview(template)


async def preview_template(name: str, variables: Any) -> Preview:
    """Render a template, active or not, with sample values; nothing is sent."""
    if not isinstance(variables, Mapping):
        raise Invalid("Variables are an object of names and values.", code="INVALID_VARIABLES", path=["variables"])
    template = await templates.first_template([name]) if is_template_name(name) else None
    if template is None:
        raise Missing("There is no such template.", path=["name"])
    named = named_for(name)
    rendered = render(template, template.type if named is None else named[0], variables)
    return Preview(template, f"{rendered.title}\n\n{rendered.message}" if rendered.title else rendered.message)


async def retry_dead_letter(room: RunningRoom, handlers: Mapping[str, Handler], event_id: str) -> int:
    """Apply a dead event again, or make a dead delivery due again; answers how many letters it settled.

    An event stays dead when it fails again.
    """
    wanted = existing_uuid(event_id, "dead letter", path=["eventId"])
    async with DB.transaction():
        found = await dead_letters.of_event(wanted)
        if not found:
            raise Missing("There is no such dead letter.", path=["eventId"])
        for consumer, data in found:
            if consumer == deliveries.DEAD_CONSUMER:
                await deliveries.requeue(wanted)
                continue
            event = Event.from_json(data)
            handler = handlers.get(event.type)
            if handler is None:
                raise Invalid("Nothing handles this event.", code="EVENT_NOT_HANDLED", path=["eventId"])
            await apply_once(room, room.name, event, handler)
        return await dead_letters.remove(wanted)
