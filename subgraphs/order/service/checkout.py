"""From a cart to a placed order: the checkout saga's first half (shop specification §5).

``checkout`` claims the client's key (step 0), ``_place`` reserves, compares and creates the order (steps 1 to 3), and
``saga.run`` does the rest. What is refused before an order exists leaves no trace but a failed saga row: stock is
released and the key is free again. A run whose process vanished is continued by the next request with the same key, or
by the worker: it carries a placed order on, and undoes what had not become an order.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.idempotency import Claim, claim_key, refuse_running, release_key
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.money import check_amount
from subgraphs.kernel.refusals import Conflict, InProgress, Invalid, Missing, Refusal, Refusals, Unavailable
from subgraphs.kernel.service_client import PeerRefused
from subgraphs.order.domain.checkout import MAX_PAYMENT_ATTEMPTS, LeaseLost, SagaStep
from subgraphs.order.domain.order_number import new_order_number
from subgraphs.order.domain.pricing import PricedLine, order_totals
from subgraphs.order.domain.records import CartRecord, OrderRecord, SagaRecord
from subgraphs.order.domain.refusals import OutOfStock, PriceChanged
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.peers import PaymentSource, Reservation, Siblings
from subgraphs.order.repository import carts, order_changes, orders, sagas
from subgraphs.order.repository.order_changes import Actor, ActorKind, NewOrder
from subgraphs.order.service.answers import CheckoutResult, answer, replay
from subgraphs.order.service.facts import tell_order
from subgraphs.order.service.holding import Holding
from subgraphs.order.service.requests import CheckoutRequest, check_request, check_source, resolve_addresses
from subgraphs.order.service.saga import Run, run
from subgraphs.order.tables import DB

logger = logging.getLogger("stoa.order.checkout")

Addresses = tuple[Mapping[str, Any], Mapping[str, Any]]


@dataclass(slots=True)
class Placing(Holding):
    """A checkout on its way to an order: its saga, the siblings, the claimed key."""

    claim: Claim


async def checkout(principal: Principal, request: CheckoutRequest, siblings: Siblings) -> CheckoutResult:
    """Buy the cart: at most one order and one charge per key, whatever is repeated, lost or interrupted."""
    user_id = principal.required_user()
    check_request(request, principal)
    source_path = ("input", request.payment.argument)
    claim, saga = await _claim(user_id, request, siblings)
    if claim.response is not None:
        return await replay(claim.response, source_path)
    if saga is None:
        raise InProgress
    fault_point("checkout.claimed")
    placing = Placing(saga, siblings, claim)
    try:
        order = None if claim.new else (await orders.orders_by_id([saga.order_id])).get(saga.order_id)
        if order is None:
            order = await _place(placing, request)
        fault_point("checkout.created")
        return await _finish(Run(placing.saga, siblings, order), source_path)
    except LeaseLost as lost:
        raise InProgress from lost


async def retry_payment(
    principal: Principal, order_id: UUID, source: PaymentSource, key: str, siblings: Siblings
) -> CheckoutResult:
    """Pay a declined order by other means, ``MAX_PAYMENT_ATTEMPTS`` times in all."""
    user_id = principal.required_user()
    check_source(source, ["paymentToken"])
    order = (await orders.orders_by_id([order_id])).get(order_id)
    if order is None or order.user_id != user_id:
        raise Missing("There is no such order.", path=["orderId"])
    request = [str(order_id), source.method_id, source.token]
    async with DB.transaction():
        claim = await claim_key(DB, scope=f"{user_id}:retryPayment", key=key, request=request, resource_id=order_id)
        if claim.response is not None:
            return await replay(claim.response, (source.argument,))
        saga = await (sagas.reopen(order_id, claim, source.to_json()) if claim.new else sagas.take_over(order_id))
        if saga is None:
            refuse_running(claim)
        if saga is None or order.status is not OrderStatus.PENDING:
            raise Conflict("This order does not wait for a payment.", code="NOT_AWAITING_PAYMENT", path=["orderId"])
        if saga.attempts >= MAX_PAYMENT_ATTEMPTS:
            raise Conflict("This order was declined too often.", code="TOO_MANY_ATTEMPTS", path=["orderId"])
    try:
        return await _finish(Run(saga, siblings, order), (source.argument,))
    except LeaseLost as lost:
        raise InProgress from lost


async def _finish(work: Run, source_path: Sequence[str]) -> CheckoutResult:
    work = await run(work)
    return answer(work.saga, work.order, work.action, source_path)


# -- step 0 ------------------------------------------------------------------------------------------------------------


async def _claim(user_id: UUID, request: CheckoutRequest, siblings: Siblings) -> tuple[Claim, SagaRecord | None]:
    """Claim the key and choose the order's id, together with the saga row; or take over a run that vanished."""
    async with DB.transaction():
        claim = await claim_key(
            DB,
            scope=f"{user_id}:checkout",
            key=request.idempotency_key,
            request=request.fingerprint(),
            resource_id=uuid4(),
            path=("input", "idempotencyKey"),
        )
        if claim.resource_id is None:
            raise LookupError("a checkout key without an order id")
        if claim.response is not None:
            return claim, None
        if not claim.new:
            return claim, await sagas.take_over(claim.resource_id)
        source = request.payment.to_json()
        return claim, await sagas.begin(claim.resource_id, user_id, claim, source, siblings.hold_seconds)


# -- steps 1 to 3 ------------------------------------------------------------------------------------------------------


async def _place(placing: Placing, request: CheckoutRequest) -> OrderRecord:
    """A pending order with its stock held; whatever goes wrong before it exists is undone and refused."""
    user_id, siblings = placing.saga.user_id, placing.siblings
    try:
        cart = await _cart(user_id, request.cart_version)
        addresses = await resolve_addresses(request, user_id, siblings)
    except LeaseLost:
        raise
    except Exception as error:
        await (_forget(placing) if placing.claim.new else _undo(placing, error))  # a vanished run may have reserved
        raise _refused(error) from error
    try:
        lines = _held_lines(cart, await siblings.reserve(placing.saga.order_id, cart.lines))
        fault_point("checkout.reserved")
        placing.saga = await sagas.advance(placing.saga, SagaStep.RESERVED)
        return await _create(placing, request, lines, addresses)
    except LeaseLost:
        raise
    except Exception as error:
        await _undo(placing, error)
        raise _refused(error) from error


async def _cart(user_id: UUID, version: int) -> CartRecord:
    cart = (await carts.carts_by_user([user_id])).get(user_id)
    if cart is None or not cart.lines:
        raise Invalid("The cart is empty.", code="CART_EMPTY", path=["input", "cartVersion"])
    if cart.version != version:
        raise _cart_changed(cart.version)
    return cart


def _held_lines(cart: CartRecord, reservation: Reservation) -> tuple[PricedLine, ...]:
    """The held lines in the cart's order; raises OutOfStock for every shortage, Unavailable for a released hold.

    Only who gave this checkout up released its hold: the worker, when the lease ran out over a slow answer. It cannot
    be held again under this order; the buyer tries again with another.
    """
    if not reservation.ok and not reservation.shortages:
        raise Unavailable("The checkout was given up while its goods were reserved.")
    if not reservation.ok:
        raise Refusals([OutOfStock(item.product_id, item.requested, item.available) for item in reservation.shortages])
    held = {line.product_id: line for line in reservation.lines}
    return tuple(held[line.product_id] for line in cart.lines)


async def _create(
    placing: Placing, request: CheckoutRequest, lines: tuple[PricedLine, ...], addresses: Addresses
) -> OrderRecord:
    """Steps 2 and 3: compare the sum with what the buyer saw; then order, saga, cart and event at once.

    A commit whose answer is lost may have been carried out: then there is an order, and nothing is to be undone.
    """
    totals = order_totals(lines, request.currency)
    if totals.subtotal != request.expected_total:
        expected = check_amount(request.expected_total, request.currency)
        raise PriceChanged(expected, totals.subtotal, request.currency)
    new = NewOrder(
        id=placing.saga.order_id,
        order_number=new_order_number(datetime.now(UTC).date()),
        user_id=placing.saga.user_id,
        lines=lines,
        totals=totals,
        currency=request.currency,
        shipping_address=addresses[0],
        billing_address=addresses[1],
        payment_method="one_time_token" if request.payment.method_id is None else "stored_method",
        contact_email=request.email,
        notes=request.notes,
        idempotency_key=request.idempotency_key,
    )
    created: tuple[OrderRecord, SagaRecord] | None = None
    try:
        async with DB.transaction():
            if not await carts.empty_cart(new.user_id, request.cart_version):
                raise _cart_changed(None)
            order = await order_changes.insert_order(new, Actor(ActorKind.CUSTOMER, new.user_id))
            items = [item for _, item in await orders.items_by_order([order.id])]
            await tell_order("created", order, items, placing.siblings.traceparent)
            fault_point("checkout.created_uncommitted")
            created = order, await sagas.advance(placing.saga, SagaStep.CREATED)
    except Unavailable:
        if created is None or not await _exists(new.id):
            raise
    order, placing.saga = created
    return order


async def _exists(order_id: UUID) -> bool:
    """Whether there is an order; raises LeaseLost when that cannot be learnt: who takes the checkout over will know."""
    try:
        return order_id in await orders.orders_by_id([order_id])
    except Unavailable as unknown:
        raise LeaseLost(order_id) from unknown


def _cart_changed(version: int | None) -> Conflict:
    return Conflict(
        "The cart has changed meanwhile.", code="CART_CHANGED", path=["input", "cartVersion"], current_version=version
    )


# -- undoing -----------------------------------------------------------------------------------------------------------


async def _forget(placing: Placing) -> None:
    """Nothing has happened yet: neither key nor saga stay."""
    async with DB.transaction():
        await sagas.forget(placing.saga)
        await release_key(DB, placing.claim)


async def _undo(placing: Placing, error: Exception) -> None:
    """Release the stock and the key; the failed saga row stays as a record.

    Stock that cannot be released now is left to the worker, while the key is free at once.
    """
    try:
        await placing.siblings.release_reservation(placing.saga.order_id, "checkout_refused")
    except LeaseLost:
        return  # whoever took the checkout over undoes it
    except (Unavailable, PeerRefused):
        released = False
    else:
        released = True
    with suppress(Unavailable, LeaseLost):
        async with DB.transaction():
            if released:
                await sagas.advance(placing.saga, SagaStep.FAILED, error=_code(error))
            else:
                await sagas.disown(placing.saga, _code(error))
            await release_key(DB, placing.claim)


def _refused(error: Exception) -> Exception:
    """A sibling that does not answer or refuses is a typed refusal of the checkout; anything else is itself."""
    if isinstance(error, Unavailable):
        logger.warning("checkout refused: %s", error)
        return Refusal("Checkout is not possible right now; nothing was charged.", code=Unavailable.code)
    if isinstance(error, PeerRefused):
        logger.warning("checkout refused: %s", error)
        return Refusal("Checkout is not possible as asked; nothing was charged.", code=error.code)
    return error


def _code(error: Exception) -> str:
    if isinstance(error, Refusals):
        return error.refusals[0].code
    return error.code if isinstance(error, Refusal | Unavailable | PeerRefused) else type(error).__name__
