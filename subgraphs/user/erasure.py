"""Forgetting a person here: names, numbers and pictures, the address book, preferences."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.audit import forget_in_audit_log
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import acknowledge, concerns, forget_in_shared_tables
from subgraphs.kernel.events import Event
from subgraphs.user import repository
from subgraphs.user.tables import DB


async def on_erased(event: Event, room: RunningRoom) -> None:
    """Erase everything; an empty profile stays, deleted, which no registration told late can fill again."""
    if not concerns(event, room.name):
        return
    user_id = UUID(event.payload["user_id"])
    traces = await repository.row_ids(user_id)
    await repository.forget_user(user_id)
    for table, ids in traces.items():
        await forget_in_audit_log(DB, [table], ids)
    await forget_in_shared_tables(DB, user_id)
    await acknowledge(DB, user_id)
