"""The delivery worker: takes what is due from the database and hands it to its channel.

An attempt is claimed in a transaction of its own (counted, leased, logged), made with no transaction open, and settled
in another. A process that dies in between leaves a claimed attempt: when its lease ends another process makes the next
one, with the same id, which the channel knows as the same message. After the last attempt, or when the channel will
never take it, the notification is failed and a dead letter tells staff, who may retry.

What nobody can exclude: between the channel's yes and the one statement that records it, the process dies, and the
message goes out again. It can be told: the repetition has the same id (mail: the same Message-ID; gateway: the same
key), by which the receiver may drop it, and the first attempt's row in the log stays pending for good. A gateway drops
it, so what goes there is sent side by side. A mailbox does not, so a process hands over one mail at a time: at most one
comes again. All that comes before (the link, the connection, who it is from and for) several mails do side by side;
each then waits for its turn, and renews its lease, which may have run out behind a slow mail server.
"""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.outages import OUTAGES, unexpected
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.service_client import PeerRefused
from subgraphs.notification.channels import (
    MAX_ATTEMPTS,
    ChannelAdapter,
    Channels,
    Outgoing,
    Undeliverable,
    Undelivered,
    pause_after,
)
from subgraphs.notification.domain import LINK, Channel
from subgraphs.notification.repository import deliveries
from subgraphs.notification.repository.deliveries import Due
from subgraphs.notification.tables import DB

logger = logging.getLogger("stoa.delivery")

_POLL_SECONDS = 1.0
_MINT = "mutation($kind: String!, $token: ID!) { mintLink(kind: $kind, tokenId: $token) }"


@dataclass(frozen=True, slots=True)
class Line:
    """Channels that are worked on together, by so many attempts at a time."""

    channels: tuple[Channel, ...]
    at_once: int


MAILS = Line((Channel.EMAIL,), 4)
TEXTS = Line((Channel.SMS, Channel.PUSH), 10)


async def deliver_mails(room: RunningRoom) -> None:
    """The worker of mails: until cancelled."""
    await _keep_delivering(room, MAILS)


async def deliver_texts(room: RunningRoom) -> None:
    """The worker of text and push messages: until cancelled, and without waiting for a mail server."""
    await _keep_delivering(room, TEXTS)


async def _keep_delivering(room: RunningRoom, line: Line) -> None:
    """An outage of the database is waited out."""
    pause = _POLL_SECONDS
    while True:
        try:
            handled = await deliver_due(room, line)
            pause = _POLL_SECONDS
        except Exception as error:
            logger.warning("delivery pauses for %.0f s: %s", pause, error, exc_info=unexpected(error))
            handled, pause = 0, min(pause * 2, 30.0)
        if not handled:
            await asyncio.sleep(pause)


async def deliver_due(room: RunningRoom, line: Line) -> int:
    """Make one attempt for each of as many due notifications as the line allows at once; answers how many.

    Returns or raises when every attempt is over: what is under way is never beside the next.
    """
    channels: Channels = room.resources
    open_here = [channel for channel in line.channels if channel in channels.adapters]
    if not open_here:
        return 0
    claimed = await deliveries.claim_due(open_here, line.at_once)
    turn = asyncio.Lock()
    attempts = (_attempt(room, channels.adapters[due.channel], due, turn) for due in claimed)
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
    return len(claimed)


async def _attempt(room: RunningRoom, adapter: ChannelAdapter, due: Due, turn: asyncio.Lock) -> None:
    """The turn is kept until the outcome is recorded."""
    async with AsyncExitStack() as until_recorded:

        async def handing_over() -> None:
            await until_recorded.enter_async_context(turn)
            if not await deliveries.renew(due):
                raise Undelivered("its lease ended before its turn came")

        await _send(room, adapter, due, handing_over)


async def _send(
    room: RunningRoom, adapter: ChannelAdapter, due: Due, handing_over: Callable[[], Awaitable[None]]
) -> None:
    try:
        await adapter.send(await _outgoing(room, due), handing_over)
    except Undelivered as failure:
        final = isinstance(failure, Undeliverable) or due.attempt >= MAX_ATTEMPTS
        logger.warning("attempt %d of %s %s failed: %s", due.attempt, due.channel.value, due.id, failure)
        async with DB.transaction():
            pause = None if final else pause_after(due.attempt)
            if await deliveries.record_failure(due, str(failure), pause) and final:
                await deliveries.bury(due, str(failure))
    except OUTAGES:  # when its turn came: nothing was sent, nothing can be recorded, the lease will end
        raise
    except Exception as defect:
        logger.exception("delivering %s broke", due.id)
        await deliveries.record_failure(due, f"internal error: {type(defect).__name__}", pause_after(due.attempt))
    else:
        fault_point("delivery.sent_unrecorded")
        await deliveries.record_success(due)


async def _outgoing(room: RunningRoom, due: Due) -> Outgoing:
    if due.attempt > MAX_ATTEMPTS:
        raise Undeliverable("its last attempt was begun and never settled")
    address = str(due.user_id) if due.channel is Channel.PUSH else due.address
    if address is None:
        raise Undelivered(deliveries.NO_ADDRESS)
    message = due.message
    if due.link is not None:
        message = message.replace(LINK, html.escape(await _link(room, due)))
    return Outgoing(due.id, address, due.title, message)


async def _link(room: RunningRoom, due: Due) -> str:
    """Ask auth for the link, which nobody stores."""
    if due.link is None:
        raise ValueError("this message has no link")
    variables = {"kind": due.link.kind, "token": str(due.link.token_id)}
    try:
        data = await room.peers["auth"].execute(_MINT, variables)
    except KeyError:
        raise Undelivered("AUTH_URL is not set: nobody can make the link") from None
    except (Unavailable, PeerRefused) as error:
        raise Undelivered(f"auth makes no link: {error}") from error
    url: str | None = data["mintLink"]
    if url is None:
        raise Undeliverable("its link was used, replaced or is too old")
    return url
