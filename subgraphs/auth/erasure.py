"""The use case of being forgotten: a saga over six services that goes on until each has answered.

The account itself is erased at once, in the transaction that tells the others. What the law wants kept is kept without
the person: orders with their lines, sums, dates and country, payments and refunds with theirs.
The worker tells those who have not answered again, after growing pauses; a room with business of the person that is
not finished (an order on its way) answers when it is.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from subgraphs.auth import attempts, credentials, erasures, one_time_tokens, repository, sessions
from subgraphs.auth.domain import Device, Ending
from subgraphs.auth.granting import Adapters, require_account
from subgraphs.auth.tables import DB
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import ERASED, PERSONAL_FACTS, forget_in_shared_tables
from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outages import unexpected
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Forbidden

logger = logging.getLogger("stoa.erasure")

OTHERS: Final = ("user", "product", "order", "payment", "notification")
_STREAMS: Final = ("auth", *OTHERS)
_POLL_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_LEASE: Final = timedelta(minutes=5)
_SCANNED: Final = 1000


async def erase_account(adapters: Adapters, principal: Principal, password: str, device: Device) -> None:
    """Erase the caller's account and tell the other services; raises Invalid `INVALID_CREDENTIALS`, LockedOut.

    When this returns nobody can sign in any more and every session has ended; the address may be registered again.
    """
    user_id = require_account(principal)
    await credentials.of_caller(adapters.passwords, user_id, password, device, path=["password"])
    async with DB.transaction():
        account = await repository.lock_account(user_id)
        if account is None:
            raise Forbidden("This account is closed.", code="ACCOUNT_REQUIRED")
        await adapters.presence.end(await sessions.end_sessions(user_id, Ending.ERASED))
        traces = await erasures.row_ids(user_id)
        await sessions.delete_all(user_id)
        await one_time_tokens.delete_all(user_id)
        await attempts.forget(account.email)
        await repository.anonymise(user_id)
        await erasures.forget_trail(traces)
        await erasures.insert(user_id, OTHERS, _FIRST_PAUSE)
        await write_events(DB, _erased(user_id, OTHERS))
    fault_point("erasure.begun")


async def on_acknowledged(event: Event, room: RunningRoom) -> None:
    """A room answers that nothing is left there."""
    await erasures.acknowledge(UUID(event.payload["user_id"]), str(event.payload["room"]))


# -- the worker -------------------------------------------------------------------------------------------------------


async def finish_erasures(room: RunningRoom) -> None:
    """Until cancelled; an outage is waited out."""
    while True:
        try:
            while await run_due(room):
                pass
        except Exception as error:
            logger.warning("erasure pauses: %s", error, exc_info=unexpected(error))
        await asyncio.sleep(_POLL_SECONDS)


async def run_due(room: RunningRoom) -> bool:
    """Take one step of one erasure that is due; False when none is.

    Steps may be repeated: a process that dies during one leaves it due again.
    """
    async with DB.transaction():
        due = await erasures.lock_due()
        if due is None:
            return False
        if due.pending:
            await write_events(DB, _erased(due.user_id, due.pending))
            await erasures.postpone(due.user_id, min(_FIRST_PAUSE * 2 ** min(due.attempts, 16), _LONGEST_PAUSE))
            return True
        await erasures.postpone(due.user_id, _LEASE)
    await _forget_in_streams(room.redis, due.user_id)
    fault_point("erasure.streams_forgotten")
    async with DB.transaction():
        await forget_in_shared_tables(DB, due.user_id)
        await erasures.complete(due.user_id)
    logger.info("%s is forgotten", due.user_id)
    return True


async def _forget_in_streams(redis: Any, user_id: UUID) -> None:
    """Delete the events with personal data from the streams; every room has applied those that matter by now."""
    for service in _STREAMS:
        stream, last = stream_name(service), "-"
        while entries := await redis.xrange(stream, min=last, count=_SCANNED):
            if personal := [entry_id for entry_id, fields in entries if _is_personal(fields, str(user_id))]:
                await redis.xdel(stream, *personal)
            last = f"({entries[-1][0].decode()}"


def _is_personal(fields: Any, user_id: str) -> bool:
    encoded: bytes = fields.get(b"event", b"")
    if user_id.encode() not in encoded:
        return False
    try:
        payload = orjson.loads(encoded)["payload"]
        return payload.get("user_id") == user_id and any(payload.get(name) is not None for name in PERSONAL_FACTS)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _erased(user_id: UUID, pending: tuple[str, ...]) -> Event:
    return Event(ERASED, f"user:{user_id}", {"user_id": str(user_id), "pending": list(pending)})
