"""Mutations of notification, interrupted at every call: one transaction each (S-111)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.dead_letters import bury
from subgraphs.kernel.events import Event
from subgraphs.notification.app import create_app
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import StartRoom
from tests.subgraphs.interrupted.trials import Asked, Case, Contents, Trials

pytestmark = pytest.mark.usefixtures("breakable_stores")

STAFF = {"as_user": UUID(int=9), "scopes": ["notifications:write", "ops:write"]}


async def test_notification(start_room: StartRoom) -> None:
    async with start_room("notification", create_app) as client:

        def asked(variables: dict[str, Any], **caller: Any) -> Asked:
            return Asked(variables, lambda document, given: client.send(document, given, **caller))

        async def told(who: UUID) -> str:
            return str(
                await DB.fetch_value(
                    "INSERT INTO notifications (user_id, type, category, title, message) "
                    "VALUES ($1, 'in_app', 'order_update', 't', 'm') RETURNING id",
                    who,
                )
            )

        async def one() -> Asked:
            who = uuid4()
            return asked({"id": await told(who)}, as_user=who)

        async def all_of_them() -> Asked:
            who = uuid4()
            await told(who)
            await told(who)
            return asked({}, as_user=who)

        async def template() -> Asked:
            name = f"a.b{uuid4().hex[:8]}.sms"
            return asked(
                {"input": {"name": name, "type": "SMS", "locale": "en", "body": "b {{x}}", "variables": ["x"]}}, **STAFF
            )

        async def preview() -> Asked:
            return asked({"name": "order.confirmed.in_app", "variables": {"order_number": "1", "total": "1"}}, **STAFF)

        async def letter() -> Asked:
            who = uuid4()
            facts = {"user_id": str(who), "email": f"{who}@example.com", "first_name": "Ada", "locale": "en"}
            event = Event("user.registered", f"user:{who}", facts | {"token_id": str(uuid4())})
            await bury(DB, "notification", "events:auth", event, "it failed")
            return asked({"eventId": str(event.event_id)}, **STAFF)

        cases = {
            "markNotificationRead": Case(one),
            "markAllNotificationsRead": Case(all_of_them, succeeded=lambda result: not result["errors"]),
            "upsertNotificationTemplate": Case(template),
            "previewTemplate": Case(preview),
            "retryDeadLetter": Case(letter, succeeded=lambda result: result["count"] == 1, again=["NOT_FOUND"]),
        }
        await Trials("notification", Contents([DB])).all(cases)
