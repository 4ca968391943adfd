"""The second half of a checkout: a pending order is paid, its stock sold, its confirmation written (§5, steps 4 to 7).

Every call is idempotent by the order's id, each step is recorded after its effect, and no transaction is open during a
call. An outcome that stays unknown leaves the order pending with the action ``WAIT``: it is never guessed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subgraphs.kernel.idempotency import Claim, store_response
from subgraphs.kernel.refusals import Refusal
from subgraphs.kernel.service_client import PeerRefused, PeerUnavailable
from subgraphs.order.domain.cart import Line
from subgraphs.order.domain.checkout import MAX_PAYMENT_ATTEMPTS, RESERVATION_SECONDS, SagaStep
from subgraphs.order.domain.records import ItemRecord, OrderRecord
from subgraphs.order.domain.refusals import OutOfStock, PaymentDeclined
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.peers import PaymentOutcome, PaymentSource, Siblings
from subgraphs.order.repository import order_changes, orders, sagas
from subgraphs.order.repository.order_changes import SHOP
from subgraphs.order.service.facts import tell_order
from subgraphs.order.tables import DB

logger = logging.getLogger("stoa.order.checkout")

_HOPELESS = frozenset({"stolen_card", "lost_card", "fraudulent"})
"""Decline codes after which another try with the same means is pointless."""

_IMPOSSIBLE_SOURCES = {
    "NOT_FOUND": "payment_method_not_found",
    "TOKEN_INVALID": "invalid_payment_token",
    "CARD_NUMBER_REFUSED": "card_number_refused",
}
"""The payment service's refusals of what the buyer gave, as decline codes; nothing was attempted."""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the buyer's client has to do: ``WAIT`` and look again, or ``REDIRECT`` to a page of the provider."""

    kind: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CheckoutResult:
    """The answer of a checkout; ``refusals`` beside an order mean that it exists but is not paid."""

    order: OrderRecord | None
    next_action: NextAction | None = None
    replayed: bool = False
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One run of a checkout: the claimed key, the buyer, the means of payment, the siblings."""

    claim: Claim
    order_id: UUID
    user_id: UUID
    source: PaymentSource
    source_path: tuple[str, ...]  # where the client wrote it
    siblings: Siblings


async def pay(story: Story, order: OrderRecord, attempt: int) -> CheckoutResult:
    """Steps 4 to 7 for a pending order; ``attempt`` counts from 1 and names the authorisation."""
    if order.status is not OrderStatus.PENDING:
        return await _answer(story, order)
    try:
        outcome = await _authorize(story, order, attempt)
        if outcome.state in ("PROCESSING", "REQUIRES_ACTION"):
            return await _answer(story, order, action=_action(outcome))
        if outcome.state not in ("AUTHORIZED", "CAPTURED"):
            return await _declined(story, order, outcome.decline_code or "declined", attempt)
        await sagas.advance(order.id, SagaStep.AUTHORIZED, attempt=True)
        items = [item for _, item in await orders.items_by_order([order.id])]
        if not await _commit_stock(story, order, items):
            return await _give_up(story, order, items, "out_of_stock")
        await sagas.advance(order.id, SagaStep.COMMITTED)
        captured = await story.siblings.capture(order.id, f"{order.id}:capture")
        if captured.state == "PROCESSING":
            return await _answer(story, order, action=NextAction("WAIT"))
        if captured.state != "CAPTURED":
            return await _give_up(story, order, items, "capture_refused")
        await sagas.advance(order.id, SagaStep.CAPTURED)
    except (PeerUnavailable, PeerRefused) as error:
        logger.warning("checkout of order %s waits: %s", order.id, error)
        return await _answer(story, order, action=NextAction("WAIT"))
    return await _confirm(story, order.id, items)


async def _authorize(story: Story, order: OrderRecord, attempt: int) -> PaymentOutcome:
    """Step 4; a source that cannot be one is a decline."""
    try:
        return await _ask_for_payment(story, order, attempt)
    except PeerRefused as refused:
        if refused.code not in _IMPOSSIBLE_SOURCES:
            raise
        return PaymentOutcome("DECLINED", None, _IMPOSSIBLE_SOURCES[refused.code], None)


async def _ask_for_payment(story: Story, order: OrderRecord, attempt: int) -> PaymentOutcome:
    """Asked again once under the same key when the answer is lost."""
    key = f"{order.id}:{attempt}"
    arguments = (order.id, story.user_id, order.total, order.currency, story.source, key)
    try:
        return await story.siblings.authorize(*arguments)
    except PeerUnavailable:
        return await story.siblings.authorize(*arguments)


async def _declined(story: Story, order: OrderRecord, code: str, attempt: int) -> CheckoutResult:
    """The order stays pending and its stock held until the hold's end, so that the buyer may pay otherwise."""
    retryable = attempt < MAX_PAYMENT_ATTEMPTS and code not in _HOPELESS
    async with DB.transaction():
        await sagas.advance(order.id, SagaStep.DECLINED, error=code, attempt=True)
        await store_response(DB, story.claim, _stored(order.id, None, declined=(code, retryable)))
    return CheckoutResult(order, refusals=(PaymentDeclined(code, retryable=retryable, path=story.source_path),))


async def _commit_stock(story: Story, order: OrderRecord, items: Sequence[ItemRecord]) -> bool:
    """Step 5; a hold that has expired is taken again if the units are still there."""
    if await story.siblings.commit_reservation(order.id):
        return True
    lines = [Line(item.product_id, item.quantity, order.created_at) for item in items]
    reservation = await story.siblings.reserve(order.id, lines, RESERVATION_SECONDS)
    return reservation.ok and await story.siblings.commit_reservation(order.id)


async def _give_up(story: Story, order: OrderRecord, items: Sequence[ItemRecord], cause: str) -> CheckoutResult:
    """Compensation in reverse order: void the payment, release the stock, cancel the order."""
    await sagas.advance(order.id, SagaStep.COMPENSATING, error=cause)
    await story.siblings.void(order.id, f"{order.id}:void")
    await story.siblings.release_reservation(order.id, cause)
    async with DB.transaction():
        locked = await order_changes.lock_order(order.id)
        if locked is not None and locked.status is OrderStatus.PENDING:
            order = await order_changes.cancel_order(order.id, SHOP, cause)
            await tell_order("cancelled", order, items, story.siblings.traceparent)
        await sagas.advance(order.id, SagaStep.FAILED, error=cause)
        await store_response(DB, story.claim, _stored(order.id, None, lost=cause))
    return CheckoutResult(order, refusals=_lost(cause, story.source_path))


async def _confirm(story: Story, order_id: UUID, items: Sequence[ItemRecord]) -> CheckoutResult:
    """Step 7: status, history, event, saga and the stored answer in one transaction; confirming twice is once."""
    async with DB.transaction():
        order = await order_changes.lock_order(order_id)
        if order is None:
            raise LookupError(f"order {order_id} vanished during its checkout")
        if order.status is OrderStatus.PENDING:
            order = await order_changes.move_order(order_id, OrderStatus.CONFIRMED, SHOP, reason="payment_captured")
            await tell_order("confirmed", order, items, story.siblings.traceparent)
        await sagas.advance(order_id, SagaStep.CONFIRMED)
        await store_response(DB, story.claim, _stored(order_id, None))
    return CheckoutResult(order)


async def _answer(story: Story, order: OrderRecord, action: NextAction | None = None) -> CheckoutResult:
    await store_response(DB, story.claim, _stored(order.id, action))
    return CheckoutResult(order, action)


# -- stored answers ----------------------------------------------------------------------------------------------------


async def replay(response: dict[str, Any], source_path: Sequence[str]) -> CheckoutResult:
    """The first answer again, with the order as it stands now; equal requests have equal ``source_path``."""
    order_id = UUID(response["order_id"])
    order = (await orders.orders_by_id([order_id])).get(order_id)
    action, declined, lost = response["next_action"], response["declined"], response["lost"]
    refusals: tuple[Refusal, ...] = ()
    if declined:
        refusals = (PaymentDeclined(declined[0], retryable=declined[1], path=source_path),)
    elif lost:
        refusals = _lost(lost, source_path)
    return CheckoutResult(order, NextAction(*action) if action else None, replayed=True, refusals=refusals)


def _stored(
    order_id: UUID,
    action: NextAction | None,
    *,
    declined: tuple[str, bool] | None = None,
    lost: str | None = None,
) -> dict[str, Any]:
    return {
        "order_id": str(order_id),
        "next_action": [action.kind, action.url] if action else None,
        "declined": declined,
        "lost": lost,
    }


def _lost(cause: str, source_path: Sequence[str]) -> tuple[Refusal, ...]:
    """Why a paid order could not be kept."""
    if cause == "out_of_stock":
        return (Refusal("The goods were sold while the payment ran; nothing was charged.", code=OutOfStock.code),)
    return (PaymentDeclined(cause, retryable=False, path=source_path),)


def _action(outcome: PaymentOutcome) -> NextAction:
    if outcome.state == "REQUIRES_ACTION" and outcome.next_action_url:
        return NextAction("REDIRECT", outcome.next_action_url)
    return NextAction("WAIT")
