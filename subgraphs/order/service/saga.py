"""The saga of a placed order: paid, its stock sold, its money taken, confirmed; or taken back (§5, steps 4 to 7).

``run`` carries a saga on from whatever step it stands at, for the request that began it or for a worker that found it.
Every step is one idempotent call to a sibling, made without a transaction, and is recorded after its effect; so a run
that dies anywhere is continued by calling the same thing again. An outcome that stays unknown is never guessed: the
saga waits and asks again, until the hold on the goods is over and the order is given up.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.service_client import PeerRefused, PeerUnavailable
from subgraphs.order.domain.cart import Line
from subgraphs.order.domain.checkout import GIVEN_UP, SagaStep, pause_after
from subgraphs.order.domain.records import ItemRecord, OrderRecord, SagaRecord
from subgraphs.order.domain.status import OrderStatus, may_move
from subgraphs.order.peers import PaymentOutcome, PaymentSource
from subgraphs.order.repository import order_changes, orders, sagas
from subgraphs.order.repository.order_changes import SHOP, Actor, ActorKind
from subgraphs.order.service.answers import WAIT, NextAction, keep_answer
from subgraphs.order.service.facts import tell_order
from subgraphs.order.service.holding import Holding
from subgraphs.order.tables import DB

logger = logging.getLogger("stoa.order.saga")

_GIVEN_BACK = frozenset({"VOIDED", "REFUNDED", "NONE"})


@dataclass(slots=True)
class Run(Holding):
    """One run of a saga by whoever holds its lease; ``action`` is what the buyer has to do while it waits."""

    order: OrderRecord
    action: NextAction | None = None

    async def advance(self, step: SagaStep, *, error: str | None = None, attempt: bool = False) -> None:
        """Record a step; raises LeaseLost."""
        self.saga = await sagas.advance(self.saga, step, error=error, attempt=attempt)

    async def settle(self, step: SagaStep, *, error: str | None = None, attempt: bool = False) -> None:
        """Record a step that answers the request, together with the answer."""
        async with DB.transaction():
            await self.advance(step, error=error, attempt=attempt)
            await keep_answer(self.saga, None)

    async def items(self) -> list[ItemRecord]:
        return [item for _, item in await orders.items_by_order([self.order.id])]


async def run(work: Run) -> Run:
    """Carry it on until it is settled or has to wait. Raises LeaseLost when somebody else took it."""
    try:
        while (step := _STEPS.get(work.saga.step)) is not None:
            if not await step(work):
                break
        else:
            return work
    except (PeerUnavailable, PeerRefused) as error:
        logger.warning("the saga of order %s waits at %s: %s", work.order.id, work.saga.step.value, error)
    await _wait(work)
    return work


async def _wait(work: Run) -> None:
    work.action = work.action or WAIT
    async with DB.transaction():
        if await sagas.wait(work.saga, pause_after(work.saga.failures)):
            await keep_answer(work.saga, work.action)


# -- forward -----------------------------------------------------------------------------------------------------------


async def _authorize(work: Run) -> bool:
    """Step 4; a source that cannot be one is a decline, and an order that nobody paid in time is given up."""
    if work.order.status is not OrderStatus.PENDING or work.saga.expired or work.saga.source is None:
        await work.advance(SagaStep.COMPENSATING, error=GIVEN_UP)
        return True
    outcome = await _ask_for_payment(work, work.saga.source)
    fault_point("checkout.authorized_unrecorded")
    if outcome.state in ("PROCESSING", "REQUIRES_ACTION"):
        work.action = _action(outcome)
        return False
    if outcome.state in ("AUTHORIZED", "CAPTURED"):
        await work.advance(SagaStep.AUTHORIZED, attempt=True)
    else:
        await work.settle(SagaStep.DECLINED, error=outcome.decline_code or "declined", attempt=True)
    return True


async def _ask_for_payment(work: Run, kept: Mapping[str, Any]) -> PaymentOutcome:
    """Asked again once under the same key when the answer is lost; what cannot be a means of payment is not asked."""
    if "impossible" in kept:
        return PaymentOutcome("DECLINED", None, kept["impossible"], None)
    order, source = work.order, PaymentSource(**kept)
    arguments = (order.id, order.user_id, order.total, order.currency, source, f"{order.id}:{work.saga.attempts + 1}")
    try:
        return await work.siblings.authorize(*arguments)
    except PeerUnavailable:
        return await work.siblings.authorize(*arguments)


async def _commit_stock(work: Run) -> bool:
    """Step 5; a hold that has expired is taken again if the units are still there."""
    order = work.order
    sold = await work.siblings.commit_reservation(order.id)
    if not sold:
        lines = [Line(item.product_id, item.quantity, order.created_at) for item in await work.items()]
        reservation = await work.siblings.reserve(order.id, lines)
        sold = reservation.ok and await work.siblings.commit_reservation(order.id)
    fault_point("checkout.committed_unrecorded")
    if sold:
        await work.advance(SagaStep.COMMITTED)
    else:
        await work.advance(SagaStep.COMPENSATING, error="out_of_stock")
    return True


async def _capture(work: Run) -> bool:
    """Step 6; a permanent refusal takes the order back."""
    captured = await work.siblings.capture(work.order.id, f"{work.order.id}:capture")
    fault_point("checkout.captured_unrecorded")
    if captured.state == "PROCESSING":
        return False
    if captured.state == "CAPTURED":
        await work.advance(SagaStep.CAPTURED)
    else:
        await work.advance(SagaStep.COMPENSATING, error="capture_refused")
    return True


async def _confirm(work: Run) -> bool:
    """Step 7: status, history, event, saga and the stored answer in one transaction."""
    items = await work.items()
    async with DB.transaction():
        order = await order_changes.lock_order(work.order.id)
        if order is None:
            raise LookupError(f"order {work.order.id} vanished during its checkout")
        if order.status is OrderStatus.PENDING:
            order = await order_changes.move_order(order.id, OrderStatus.CONFIRMED, SHOP, reason="payment_captured")
            await tell_order("confirmed", order, items, work.siblings.traceparent)
        work.order = order
        await work.settle(SagaStep.CONFIRMED)
        fault_point("checkout.confirmed_uncommitted")
    fault_point("checkout.confirmed")
    return True


# -- backward ----------------------------------------------------------------------------------------------------------


async def _compensate(work: Run) -> bool:
    """In reverse order: the money goes back, then the goods, then the order is cancelled and that is told."""
    cause = work.saga.error or "cancelled"
    money = await work.siblings.void(work.order.id, f"{work.order.id}:void")
    fault_point("checkout.voided")
    if money.state not in _GIVEN_BACK:
        if money.state == "DECLINED":
            logger.error("the money of order %s does not go back: %s", work.order.id, money.decline_code)
        return False
    await work.siblings.release_reservation(work.order.id, cause)
    fault_point("checkout.released")
    items = await work.items()
    async with DB.transaction():
        order = await order_changes.lock_order(work.order.id)
        if order is not None and may_move(order.status, OrderStatus.CANCELLED):
            reason = work.saga.cancel_reason or cause
            order = await order_changes.cancel_order(order.id, _canceller(work.saga), cause, reason)
            await tell_order("cancelled", order, items, work.siblings.traceparent)
        work.order = order or work.order
        await work.settle(SagaStep.FAILED, error=cause)
    return True


def _canceller(saga: SagaRecord) -> Actor:
    if saga.canceller_id is None:
        return SHOP
    kind = ActorKind.CUSTOMER if saga.canceller_id == saga.user_id else ActorKind.STAFF
    return Actor(kind, saga.canceller_id)


def _action(outcome: PaymentOutcome) -> NextAction:
    if outcome.state == "REQUIRES_ACTION" and outcome.next_action_url:
        return NextAction("REDIRECT", outcome.next_action_url)
    return WAIT


_STEPS: Mapping[SagaStep, Callable[[Run], Awaitable[bool]]] = {
    SagaStep.CREATED: _authorize,
    SagaStep.AUTHORIZED: _commit_stock,
    SagaStep.COMMITTED: _capture,
    SagaStep.CAPTURED: _confirm,
    SagaStep.COMPENSATING: _compensate,
}
"""What to do at a step; False means that it has to wait. At the other steps the saga is settled."""
