"""Cancelling an order that was not shipped yet: the checkout's machinery backwards, by its buyer or by staff (§5)."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Conflict, InProgress, Invalid, Missing
from subgraphs.order.domain.checkout import MAX_CANCEL_REASON, LeaseLost, SagaStep
from subgraphs.order.domain.records import OrderRecord
from subgraphs.order.domain.refusals import InvalidTransition
from subgraphs.order.domain.status import OrderStatus, may_move
from subgraphs.order.peers import Siblings
from subgraphs.order.repository import order_changes, orders, sagas
from subgraphs.order.service.saga import Run, run
from subgraphs.order.tables import DB

WRITE_SCOPE = "orders:write"


async def cancel(
    principal: Principal,
    order_id: UUID,
    reason: str | None,
    siblings: Siblings,
    *,
    version: int | None = None,
    path: str = "reason",
) -> OrderRecord:
    """Give the money back, then the goods, then cancel; the order as it stands after what could be done at once.

    While the payment service is slow or away the order keeps its status with the checkout state COMPENSATING, nobody
    can move it, and the worker finishes. Refuses with Missing (also for somebody else's order), InvalidTransition, and
    Conflict ``VERSION_CONFLICT``, ``CANCELLATION_IN_PROGRESS`` or ``IN_PROGRESS`` (its checkout is running now).
    """
    user_id = principal.required_user()
    words = _checked(reason, path)
    order = (await orders.orders_by_id([order_id])).get(order_id)
    if order is None or not (principal.owns(order.user_id) or principal.has_scope(WRITE_SCOPE)):
        raise Missing("There is no such order.", path=["id"])
    async with DB.transaction():
        order = await order_changes.lock_order(order_id)
        if order is None:
            raise Missing("There is no such order.", path=["id"])
        if not may_move(order.status, OrderStatus.CANCELLED):
            raise InvalidTransition(order.status, OrderStatus.CANCELLED)
        if version is not None and version != order.version:
            raise Conflict(
                "The order has changed meanwhile.",
                code="VERSION_CONFLICT",
                path=["version"],
                current_version=order.version,
            )
        cause = "cancelled_by_customer" if user_id == order.user_id else "cancelled_by_staff"
        saga = await sagas.begin_cancelling(order_id, order.user_id, cause, words, user_id)
        if saga is None:
            raise await _busy(order_id)
    try:
        return (await run(Run(saga, siblings, order))).order
    except LeaseLost:
        return (await orders.orders_by_id([order_id]))[order_id]


async def _busy(order_id: UUID) -> Conflict:
    saga = (await sagas.sagas_by_order([order_id])).get(order_id)
    if saga is not None and saga.step is SagaStep.COMPENSATING:
        return Conflict("This order is being cancelled.", code="CANCELLATION_IN_PROGRESS", path=["id"])
    return InProgress("The order is being paid right now; try again shortly.", path=["id"])


def _checked(reason: str | None, path: str) -> str | None:
    words = (reason or "").strip()
    if len(words) > MAX_CANCEL_REASON or "\x00" in words:
        raise Invalid(f"A reason has at most {MAX_CANCEL_REASON} characters.", code="REASON_INVALID", path=[path])
    return words or None
