"""Staff moves of an order along its state machine, and its tracking number (S-034, S-036)."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.refusals import Conflict, Invalid, Missing
from subgraphs.order.domain.checkout import SagaStep
from subgraphs.order.domain.records import OrderRecord
from subgraphs.order.domain.refusals import InvalidTransition
from subgraphs.order.domain.status import OrderStatus, may_move
from subgraphs.order.repository import order_changes, orders, sagas
from subgraphs.order.repository.order_changes import Actor, ActorKind
from subgraphs.order.service.facts import TOLD_STATUSES, tell_order
from subgraphs.order.tables import DB

MAX_TRACKING_LENGTH = 100
_TRACKABLE = frozenset({OrderStatus.PROCESSING, OrderStatus.SHIPPED})


async def transition(
    order_id: UUID, to: OrderStatus, version: int, notes: str | None, staff_id: UUID, traceparent: str | None
) -> OrderRecord:
    """Move the order, with history and event in one transaction.

    Refuses with Missing, InvalidTransition, Conflict ``VERSION_CONFLICT``; of two parallel moves from one version the
    row lock lets exactly one pass. An order whose checkout is under way is confirmed by its payment, not by hand, one
    that is being taken back is moved by nobody, and cancelling is ``cancelling.cancel``'s.
    """
    async with DB.transaction():
        order = await _locked(order_id)
        if not may_move(order.status, to):
            raise InvalidTransition(order.status, to)
        if order.version != version:
            raise _stale(order)
        saga = (await sagas.sagas_by_order([order_id])).get(order_id)
        if saga is not None and saga.step is SagaStep.COMPENSATING:
            raise InvalidTransition(order.status, to, being_cancelled=True)
        if saga is not None and to is OrderStatus.CONFIRMED:
            raise Conflict(
                "The payment confirms this order.", code="CHECKOUT_IN_PROGRESS", current_version=order.version
            )
        moved = await order_changes.move_order(order_id, to, Actor(ActorKind.STAFF, staff_id), notes=notes)
        if to.value in TOLD_STATUSES:
            items = [item for _, item in await orders.items_by_order([order_id])]
            await tell_order(to.value, moved, items, traceparent)
        return moved


async def set_tracking(order_id: UUID, tracking_number: str) -> OrderRecord:
    """Set the carrier's number of an order that is being packed or under way; setting it again replaces it."""
    number = tracking_number.strip()
    if not 1 <= len(number) <= MAX_TRACKING_LENGTH:
        raise Invalid(
            f"A tracking number has 1 to {MAX_TRACKING_LENGTH} characters.",
            code="TRACKING_NUMBER_INVALID",
            path=["trackingNumber"],
        )
    async with DB.transaction():
        order = await _locked(order_id)
        if order.status not in _TRACKABLE:
            raise Invalid("Only an order in processing or shipped has a tracking number.", code="ORDER_NOT_TRACKABLE")
        return order if order.tracking_number == number else await order_changes.set_tracking(order_id, number)


async def _locked(order_id: UUID) -> OrderRecord:
    order = await order_changes.lock_order(order_id)
    if order is None:
        raise Missing("There is no such order.", path=["id"])
    return order


def _stale(order: OrderRecord) -> Conflict:
    return Conflict(
        "The order has changed meanwhile.", code="VERSION_CONFLICT", path=["version"], current_version=order.version
    )
