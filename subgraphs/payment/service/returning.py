"""Giving back orphaned money, which no payment counts: the provider's word alone says how much of it is left.

A refund may be under way for days, fail, and be sent back after it was done. So asking for one never ends an orphan:
only a look does, that finds nothing left and nothing under way; and news of a failure makes it be looked at again.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Final

from prometheus_client import Counter

from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.money import ZERO
from subgraphs.payment.domain import AttemptRecord, PaymentStatus
from subgraphs.payment.provider import (
    Charge,
    ChargeState,
    GivenBack,
    GivenBackState,
    ProviderRefused,
    ProviderUnavailable,
)
from subgraphs.payment.repository import attempts, payments
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.recording import record

logger = logging.getLogger("stoa.payment")

RETURN_FAILED: Final = Counter(
    "stoa_payment_returns_failed_total",
    "Looks at orphaned money that found that a refund of it had failed and that some of it is still here",
    registry=None,
)
MAX_FAILED = 3
"""So many refunds of a charge may fail; then no more are asked for, and staff gives the money back otherwise."""
_MARK = ":orphan:"


async def give_back(attempt: AttemptRecord, teller: Teller) -> None:
    """Let an orphaned hold go, or refund what is left of orphaned money: part may have gone back by other hands."""
    if attempt.status is PaymentStatus.AUTHORIZED:
        charge = await _charge(attempt, teller)
        if charge.state is ChargeState.AUTHORIZED:
            charge = await teller.provider.void(charge.reference, f"{attempt.id}:void")
        await record(attempt.id, charge, None)
        return
    # Listed first: what fails after that is left of the charge, and keeps the orphan open.
    asked = await teller.provider.refunds_of(attempt.provider_reference or "")
    charge = await _charge(attempt, teller)
    if charge.state is not ChargeState.CAPTURED or charge.refunded is None:
        raise ProviderRefused("Orphaned money is not there.", code=f"CHARGE_{charge.state.name}")
    left = (charge.captured or ZERO) - charge.refunded
    if left > 0:
        await _refund(attempt, charge, left, _count(asked, GivenBackState.FAILED), teller)
    elif not _count(asked, GivenBackState.PENDING):
        await attempts.settle_returned(attempt.id)


async def hear(key: str | None, news: GivenBack) -> bool:
    """Whether these news are of a refund of orphaned money; when it failed, its orphan is open again."""
    attempt_id = uuid_or_none(key.partition(_MARK)[0]) if key and _MARK in key else None
    if attempt_id is None:
        return False
    if news.state is GivenBackState.FAILED:
        return await attempts.look_at_orphan(attempt_id)
    return await attempts.attempt_by_id(attempt_id) is not None


async def _charge(attempt: AttemptRecord, teller: Teller) -> Charge:
    charge = await teller.provider.find(str(attempt.id), attempt.provider_reference)
    if charge is None:
        raise ProviderUnavailable("The provider does not know the orphaned charge.")
    return charge


async def _refund(attempt: AttemptRecord, charge: Charge, left: Decimal, failed: int, teller: Teller) -> None:
    """The key names the amount: what is left may change before a request arrives, and is then asked for anew.

    It names the failures too, or the answer to one that failed would be repeated for ever. Of two requests that overlap
    so the provider carries one out: both together are more than there is.
    """
    if failed:
        logger.error("%d refunds of orphaned attempt %s failed; %s is left", failed, attempt.id, left)
        RETURN_FAILED.inc()
    if failed < MAX_FAILED:
        payment = (await payments.payments_by_id([attempt.payment_id]))[attempt.payment_id]
        key = f"{attempt.id}{_MARK}{left}:{failed}"
        await teller.provider.refund(charge.reference, left, payment.currency, key)


def _count(refunds: list[GivenBack], state: GivenBackState) -> int:
    return sum(each.state is state for each in refunds)
