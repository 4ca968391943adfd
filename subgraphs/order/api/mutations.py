"""Mutation fields of the order subgraph: arguments in, use case, payload out."""

from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError, settle, user_error
from subgraphs.kernel.federation import cost
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.kernel.refusals import Forbidden, Refusal
from subgraphs.order.api.carts import Cart, CartWarning
from subgraphs.order.api.orders import Order
from subgraphs.order.api.payloads import (
    CartPayload,
    CheckoutInput,
    CheckoutPayload,
    MergePayload,
    OrderPayload,
    PaymentAction,
)
from subgraphs.order.domain.cart import Line
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.guests import guest_of
from subgraphs.order.peers import PaymentSource, Siblings, hold_seconds
from subgraphs.order.service import cancelling, carts, checkout, orders
from subgraphs.order.service.answers import CheckoutResult

_WRITE_SCOPE = "orders:write"


@strawberry.type(description="Entry points of writing.")
class Mutation:
    @strawberry.federation.mutation(authenticated=True, description="Put units of a product into the caller's cart.")
    async def add_to_cart(self, info: Info, product_id: strawberry.ID, quantity: int = 1) -> CartPayload:
        async def work() -> Cart:
            product = existing_uuid(product_id, "product", path=["productId"])
            return Cart.of(await carts.add_to_cart(_caller(info), product, quantity, _siblings(info)))

        return await settle(CartPayload, "cart", work())

    @strawberry.federation.mutation(
        authenticated=True,
        description="Set the units of a product in the caller's cart; 0 removes it. With cartVersion, only if the cart "
        "still has that version.",
    )
    async def set_cart_line(
        self, info: Info, product_id: strawberry.ID, quantity: int, cart_version: int | None = None
    ) -> CartPayload:
        async def work() -> Cart:
            product = existing_uuid(product_id, "product", path=["productId"])
            return Cart.of(await carts.set_cart_line(_caller(info), product, quantity, cart_version, _siblings(info)))

        return await settle(CartPayload, "cart", work())

    @strawberry.federation.mutation(authenticated=True, description="Remove all lines of the caller's cart.")
    async def clear_cart(self, info: Info) -> CartPayload:
        async def work() -> Cart:
            return Cart.of(await carts.clear_cart(_caller(info)))

        return await settle(CartPayload, "cart", work())

    @strawberry.federation.mutation(
        authenticated=True, description="Move a guest's cart into the caller's, all at once; repeating it is harmless."
    )
    async def merge_guest_cart(self, info: Info, guest_token: str) -> MergePayload:
        try:
            user_id = _account(info)
            guest_id = await guest_of(guest_token, info.context.peers)
            cart, merged = await carts.merge_carts(user_id, guest_id)
        except Refusal as refusal:
            return MergePayload(cart=None, merged=[], errors=[user_error(refusal)])
        return MergePayload(
            cart=Cart.of(cart), merged=[_merged(line, merged.capped) for line in merged.moved], errors=[]
        )

    @strawberry.federation.mutation(
        authenticated=True,
        directives=[cost(20)],
        description="Buy the caller's cart: reserve the goods, take the payment, confirm the order.",
    )
    async def checkout(self, info: Info, input: CheckoutInput) -> CheckoutPayload:
        work = checkout.checkout(info.context.principal, input.request(), _siblings(info))
        return await settle(_checkout_payload, "result", work)

    @strawberry.federation.mutation(authenticated=True, description="Pay a declined order by other means.")
    async def retry_payment(
        self,
        info: Info,
        order_id: strawberry.ID,
        idempotency_key: strawberry.ID,
        payment_method_id: strawberry.ID | None = None,
        payment_token: str | None = None,
    ) -> CheckoutPayload:
        async def work() -> CheckoutResult:
            order = existing_uuid(order_id, "order", path=["orderId"])
            source = PaymentSource(payment_method_id, payment_token)
            principal, siblings = info.context.principal, _siblings(info)
            return await checkout.retry_payment(principal, order, source, idempotency_key, siblings)

        return await settle(_checkout_payload, "result", work())

    @strawberry.federation.mutation(authenticated=True, description="Cancel an order that was not shipped yet.")
    async def cancel_order(self, info: Info, id: strawberry.ID, reason: str | None = None) -> OrderPayload:
        async def work() -> Order:
            order = existing_uuid(id, "order", path=["id"])
            return Order.of(await cancelling.cancel(info.context.principal, order, reason, _siblings(info)))

        return await settle(OrderPayload, "order", work())

    @strawberry.federation.mutation(
        authenticated=True, description="Put the items of one of the caller's orders into the cart again."
    )
    async def reorder(self, info: Info, order_id: strawberry.ID) -> CartPayload:
        async def work() -> Cart:
            order = existing_uuid(order_id, "order", path=["orderId"])
            return Cart.of(await carts.reorder(_caller(info), order, _siblings(info)))

        return await settle(CartPayload, "cart", work())

    @strawberry.federation.mutation(
        requires_scopes=[[_WRITE_SCOPE]],
        description="Move an order along its state machine; of parallel moves from one version one wins.",
    )
    async def transition_order(
        self, info: Info, id: strawberry.ID, to: OrderStatus, version: int, notes: str | None = None
    ) -> OrderPayload:
        async def work() -> Order:
            order = existing_uuid(id, "order", path=["id"])
            context = info.context
            if to is OrderStatus.CANCELLED:
                return Order.of(
                    await cancelling.cancel(
                        context.principal, order, notes, _siblings(info), version=version, path="notes"
                    )
                )
            return Order.of(await orders.transition(order, to, version, notes, _caller(info), context.traceparent))

        return await settle(OrderPayload, "order", work())

    @strawberry.federation.mutation(
        requires_scopes=[[_WRITE_SCOPE]], description="Set the carrier's number of an order in processing or shipped."
    )
    async def set_tracking(self, info: Info, id: strawberry.ID, tracking_number: str) -> OrderPayload:
        async def work() -> Order:
            return Order.of(await orders.set_tracking(existing_uuid(id, "order", path=["id"]), tracking_number))

        return await settle(OrderPayload, "order", work())


def _caller(info: Info) -> UUID:
    return info.context.principal.required_user()


def _account(info: Info) -> UUID:
    if info.context.principal.kind != "user":
        raise Forbidden("Sign in first.", code="ACCOUNT_REQUIRED")
    return _caller(info)


def _merged(line: Line, capped: frozenset[UUID]) -> CartWarning:
    code = "QUANTITY_CAPPED" if line.product_id in capped else "MERGED"
    return CartWarning(code=code, product_id=strawberry.ID(str(line.product_id)), available=line.quantity)


def _siblings(info: Info) -> Siblings:
    return Siblings(info.context.peers, info.context.traceparent, hold_seconds(info.context.room.settings))


def _checkout_payload(result: CheckoutResult | None, errors: list[UserError]) -> CheckoutPayload:
    if result is None:
        return CheckoutPayload(order=None, next_action=None, replayed=False, errors=errors)
    action = result.next_action
    return CheckoutPayload(
        order=None if result.order is None else Order.of(result.order),
        next_action=None if action is None else PaymentAction(kind=action.kind, url=action.url, client_secret=None),
        replayed=result.replayed,
        errors=[user_error(refusal) for refusal in result.refusals],
    )
