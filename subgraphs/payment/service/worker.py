"""The room's worker: asks the provider about what is in doubt, gives orphaned money back, carries refunds out.

Any number of processes may run it: due rows are taken with ``FOR UPDATE SKIP LOCKED`` and are their taker's until the
lease is over. No transaction is open while the provider is asked.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.money import ZERO
from subgraphs.kernel.outages import unexpected
from subgraphs.payment.domain import AttemptRecord, PaymentStatus
from subgraphs.payment.provider import Charge, ChargeState, GivenBackState, ProviderRefused, ProviderUnavailable
from subgraphs.payment.repository import attempts, payments, refunds
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.recording import record
from subgraphs.payment.service.refunding import carry_out

logger = logging.getLogger("stoa.payment.worker")

_PAUSE_SECONDS = 1.0
_LEASE_SECONDS = 30.0
_BATCH = 20
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
    """One round; answers how many rows were due."""
    doubtful = await attempts.take_due(_BATCH, _LEASE_SECONDS)
    for attempt in doubtful:
        try:
            await _settle(attempt, teller)
        except (ProviderUnavailable, ProviderRefused) as error:
            logger.warning("attempt %s stays open: %s", attempt.id, error)
            await attempts.poll_again(attempt.id, _pause(attempt.polls))
    due = await refunds.take_due(_BATCH, _LEASE_SECONDS)
    for refund_id in due:
        await carry_out(refund_id, teller)
    return len(doubtful) + len(due)


async def _settle(attempt: AttemptRecord, teller: Teller) -> None:
    if attempt.orphaned:
        await _give_back(attempt, teller)
        return
    charge = await teller.provider.find(str(attempt.id), attempt.provider_reference)
    if charge is None and datetime.now(UTC) - attempt.created_at > _SILENCE:
        charge = Charge("", ChargeState.DECLINED, "never_arrived")
    if charge is not None:
        await record(attempt.id, charge, None)
    await attempts.poll_again(attempt.id, _pause(attempt.polls))


async def _give_back(attempt: AttemptRecord, teller: Teller) -> None:
    """Let an orphaned hold go, or refund what is left of orphaned money that no payment counts.

    The provider knows what that is: part of a charge may have been taken, and part of it given back by other hands.
    """
    charge = await teller.provider.find(str(attempt.id), attempt.provider_reference)
    if charge is None:
        raise ProviderUnavailable("The provider does not know the orphaned charge.")
    if attempt.status is PaymentStatus.AUTHORIZED:
        if charge.state is ChargeState.AUTHORIZED:
            charge = await teller.provider.void(charge.reference, f"{attempt.id}:void")
        await record(attempt.id, charge, None)
        return
    if charge.state is not ChargeState.CAPTURED or charge.refunded is None:
        raise ProviderRefused("Orphaned money is not there.", code=f"CHARGE_{charge.state.name}")
    await _refund_rest(attempt, charge, (charge.captured or ZERO) - charge.refunded, teller)


async def _refund_rest(attempt: AttemptRecord, charge: Charge, left: Decimal, teller: Teller) -> None:
    """The key names the amount: what is left may change before a request arrives, and is then asked for anew.

    Of two requests that overlap so the provider carries one out: both together are more than there is.
    """
    if left > 0:
        payment = (await payments.payments_by_id([attempt.payment_id]))[attempt.payment_id]
        key = f"{attempt.id}:orphan:{left}"
        answer = await teller.provider.refund(charge.reference, left, payment.currency, key)
        if answer.state is GivenBackState.FAILED:
            raise ProviderRefused("The refund of orphaned money failed.", code="REFUND_FAILED")
    await attempts.settle_attempt(attempt.id, PaymentStatus.VOIDED, None)


def _pause(polls: int) -> float:
    return float(min(2**polls, 60))
