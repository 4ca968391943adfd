"""What a checkout answers, and the stored answer that repetitions get: both follow from where the saga stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subgraphs.kernel.idempotency import Claim, store_response
from subgraphs.kernel.refusals import Refusal
from subgraphs.order.domain.checkout import SagaStep, may_retry
from subgraphs.order.domain.records import OrderRecord, SagaRecord
from subgraphs.order.domain.refusals import OutOfStock, PaymentDeclined
from subgraphs.order.repository import orders
from subgraphs.order.tables import DB


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the buyer's client has to do: ``WAIT`` and look again, or ``REDIRECT`` to a page of the provider."""

    kind: str
    url: str | None = None


WAIT = NextAction("WAIT")


@dataclass(frozen=True, slots=True)
class CheckoutResult:
    """The answer of a checkout; ``refusals`` beside an order mean that it exists but is not paid."""

    order: OrderRecord | None
    next_action: NextAction | None = None
    replayed: bool = False
    refusals: tuple[Refusal, ...] = ()


async def keep_answer(saga: SagaRecord, action: NextAction | None) -> None:
    """Store the answer for repetitions of the request that this saga works for; the caller's transaction."""
    if saga.claim_scope is None or saga.claim_key is None:
        return
    claim = Claim(saga.claim_scope, saga.claim_key, new=False)
    await store_response(DB, claim, _stored(saga, action))


def answer(
    saga: SagaRecord, order: OrderRecord, action: NextAction | None, source_path: Sequence[str]
) -> CheckoutResult:
    """The answer to the request itself; ``source_path`` is where the client wrote the means of payment."""
    stored = _stored(saga, action)
    return CheckoutResult(order, action, refusals=_refusals(stored, source_path))


async def replay(response: dict[str, Any], source_path: Sequence[str]) -> CheckoutResult:
    """The first answer again, with the order as it stands now; equal requests have equal ``source_path``."""
    order_id = UUID(response["order_id"])
    order = (await orders.orders_by_id([order_id])).get(order_id)
    action = response["next_action"]
    return CheckoutResult(
        order, NextAction(*action) if action else None, replayed=True, refusals=_refusals(response, source_path)
    )


def _stored(saga: SagaRecord, action: NextAction | None) -> dict[str, Any]:
    declined = saga.step is SagaStep.DECLINED and saga.error is not None
    return {
        "order_id": str(saga.order_id),
        "next_action": [action.kind, action.url] if action else None,
        "declined": [saga.error, may_retry(saga.error or "", saga.attempts)] if declined else None,
        "lost": saga.error if saga.step in (SagaStep.FAILED, SagaStep.COMPENSATING) else None,
    }


def _refusals(stored: dict[str, Any], source_path: Sequence[str]) -> tuple[Refusal, ...]:
    if stored["declined"]:
        code, retryable = stored["declined"]
        return (PaymentDeclined(code, retryable=retryable, path=source_path),)
    if stored["lost"] == "out_of_stock":
        return (Refusal("The goods were sold while the payment ran; nothing was charged.", code=OutOfStock.code),)
    if stored["lost"]:
        return (PaymentDeclined(stored["lost"], retryable=False, path=source_path),)
    return ()
