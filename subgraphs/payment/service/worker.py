"""The room's worker: asks the provider about what is in doubt, gives orphaned money back, carries refunds out.

Any number of processes may run it: due rows are taken with ``FOR UPDATE SKIP LOCKED`` and are their taker's until the
lease is over. No transaction is open while the provider is asked.

Who moves an attempt on, and who looks when they do not:

============================  ==========================================  ==========================================
attempt                       moved on by                                 looked at by the worker
============================  ==========================================  ==========================================
processing                    the answer, a message, the same request     after 5 s, then ever up to a minute apart;
                              again                                       unknown there after a day: failed
processing, wants the buyer   the buyer at the provider, a message        as above; once given up: voided there
authorized                    capture, give_up (the order's saga)         5 s after an answer that did not come, else
                                                                          hourly: taken, let go or run out there
authorized, orphaned          the worker                                  at once: let go
completed, orphaned           the worker; staff at the provider, once     at once, until all of it is given back and no
                              too many refunds have failed                refund is under way
voided, orphaned              over; a message that the bank sent it back  never
                              makes it completed again
completed                     over; money leaves by refunds               never
failed, voided                over; a message that money turned up        never
                              makes it an orphan
============================  ==========================================  ==========================================

============================  ==========================================  ==========================================
refund                        moved on by                                 looked at by the worker
============================  ==========================================  ==========================================
pending, processing           who promised it, a message                  until it is completed or failed
completed                     over; a message that the bank sent it back  never
                              makes it failed
failed                        over; what it promised can be promised      never
                              again
============================  ==========================================  ==========================================

A payment has no clock of its own: it follows its attempts and refunds.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.outages import unexpected
from subgraphs.payment.domain import AttemptRecord, PaymentStatus
from subgraphs.payment.provider import Charge, ChargeState, ProviderRefused
from subgraphs.payment.repository import attempts, payments, refunds
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.recording import record
from subgraphs.payment.service.refunding import carry_out
from subgraphs.payment.service.returning import give_back

logger = logging.getLogger("stoa.payment.worker")

_PAUSE_SECONDS = 1.0
_LEASE_SECONDS = 30.0
_BATCH = 20
_LONGEST_RETURN = 300
"""Seconds between two looks at money on its way back, which may take days."""
_SILENCE = timedelta(hours=24)
"""After so long a provider that knows nothing of an attempt never will: it keeps keys for a day."""


async def settle_what_is_open(room: RunningRoom) -> None:
    """Until cancelled; an outage is waited out."""
    teller = Teller(room.resources)
    while True:
        try:
            worked = await work_once(teller)
        except Exception as error:
            logger.warning("%s: open payments wait: %s", room.name, error, exc_info=unexpected(error))
            worked = 0
        if not worked:
            await asyncio.sleep(_PAUSE_SECONDS)


async def work_once(teller: Teller) -> int:
    """One round; answers how many rows were due. What keeps one of them open keeps no other waiting."""
    doubtful = await attempts.take_due(_BATCH, _LEASE_SECONDS)
    for attempt in doubtful:
        try:
            await _settle(attempt, teller)
        except Exception as error:
            logger.warning("attempt %s stays open: %s", attempt.id, error, exc_info=_surprise(error))
        await attempts.poll_again(attempt, _pause(attempt))
    due = await refunds.take_due(_BATCH, _LEASE_SECONDS)
    for refund_id in due:
        try:
            await carry_out(refund_id, teller)
        except Exception as error:
            logger.warning("refund %s stays open: %s", refund_id, error, exc_info=_surprise(error))
    return len(doubtful) + len(due)


async def _settle(attempt: AttemptRecord, teller: Teller) -> None:
    if attempt.orphaned:
        await give_back(attempt, teller)
        return
    charge = await teller.provider.find(str(attempt.id), attempt.provider_reference)
    if charge is None and datetime.now(UTC) - attempt.created_at > _SILENCE:
        charge = Charge("", ChargeState.DECLINED, "never_arrived")
    if charge is not None and charge.state is ChargeState.REQUIRES_ACTION and await _is_given_up(attempt):
        charge = await teller.provider.void(charge.reference, f"{attempt.id}:void")
    if charge is not None:
        await record(attempt.id, charge, None)


async def _is_given_up(attempt: AttemptRecord) -> bool:
    """Whether the payment waits no more for what the buyer may still do."""
    payment = (await payments.payments_by_id([attempt.payment_id]))[attempt.payment_id]
    return payment.status is not PaymentStatus.PROCESSING


def _pause(attempt: AttemptRecord) -> float:
    longest = 60
    if attempt.orphaned:
        longest = _LONGEST_RETURN
    elif attempt.status is PaymentStatus.AUTHORIZED:
        longest = attempts.HELD_POLL_SECONDS
    return float(min(2 ** min(attempt.polls, 12), longest))


def _surprise(error: Exception) -> Exception | None:
    return None if isinstance(error, ProviderRefused) else unexpected(error)
