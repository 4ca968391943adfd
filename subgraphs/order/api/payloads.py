"""Inputs and payloads of the order mutations."""

from decimal import Decimal

import strawberry

from subgraphs.kernel.errors import UserError
from subgraphs.order.api.carts import Cart, CartWarning
from subgraphs.order.api.orders import Order
from subgraphs.order.domain.pricing import FREE_SHIPPING_FROM, SHIPPING_FLAT
from subgraphs.order.peers import PaymentSource
from subgraphs.order.service.requests import AddressChoice, CheckoutRequest

_ERRORS = "Why it was refused; empty on success."


@strawberry.type(description="What became of an edit of the cart.")
class CartPayload:
    cart: Cart | None = strawberry.field(description="The cart after the edit; null when it was refused.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="What became of a change of an order.")
class OrderPayload:
    order: Order | None = strawberry.field(description="The order after the change; null when it was refused.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="What the buyer's client has to do for the payment.")
class PaymentAction:
    kind: str = strawberry.field(description="WAIT: look again soon. REDIRECT: send the buyer to url.")
    url: str | None = strawberry.field(description="Page of the payment provider.")
    client_secret: str | None = strawberry.field(description="Secret for the provider's client library.")


@strawberry.type(description="What became of a checkout.")
class CheckoutPayload:
    order: Order | None = strawberry.field(description="The order; null when none was made.")
    next_action: PaymentAction | None = strawberry.field(description="What is left to do; null when it is settled.")
    replayed: bool = strawberry.field(description="Whether this repeats the answer of an earlier, equal request.")
    errors: list[UserError] = strawberry.field(description="Why it was refused, or why the order is not paid.")


@strawberry.type(description="What became of merging a guest's cart.")
class MergePayload:
    cart: Cart | None = strawberry.field(description="The caller's cart after the merge.")
    merged: list[CartWarning] = strawberry.field(description="What was taken over, product by product.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.input(description="An address given in full.")
class OrderAddressInput:
    recipient: str | None = strawberry.field(description="Name on the parcel.", default=None)
    street: str = strawberry.field(description="Street and number.")
    street2: str | None = strawberry.field(description="Flat, floor, company.", default=None)
    city: str = strawberry.field(description="Town.")
    state: str | None = strawberry.field(description="State or province, where the country has them.", default=None)
    zip_code: str | None = strawberry.field(description="Postcode, where the country has them.", default=None)
    country: str = strawberry.field(description="ISO 3166-1 alpha-2 code.")
    phone: str | None = strawberry.field(description="Phone number for the carrier.", default=None)


@strawberry.input(description="What to buy, for how much, whereto and how to pay.")
class CheckoutInput:
    idempotency_key: strawberry.ID = strawberry.field(
        description="Chosen by the client, one per purchase; repeating a request under its key buys once. "
        "While the first one runs the answer is IN_PROGRESS, and Retry-After says when to ask again."
    )
    cart_version: int = strawberry.field(description="Version of the cart that the buyer saw.")
    expected_total: Decimal = strawberry.field(
        description="Sum of the items that the buyer saw, as in Cart.subtotal. Shipping is added by rule: "
        f"{SHIPPING_FLAT}, free from {FREE_SHIPPING_FROM} of items on."
    )
    currency: str = strawberry.field(description="ISO 4217 code of expectedTotal.")
    shipping_address_id: strawberry.ID | None = strawberry.field(description="A stored address.", default=None)
    shipping_address: OrderAddressInput | None = strawberry.field(description="Or one given in full.", default=None)
    billing_address_id: strawberry.ID | None = strawberry.field(description="A stored address.", default=None)
    billing_address: OrderAddressInput | None = strawberry.field(
        description="Or one given in full; without either, the shipping address.", default=None
    )
    payment_method_id: strawberry.ID | None = strawberry.field(description="A stored payment method.", default=None)
    payment_token: str | None = strawberry.field(description="Or a one-time token of the provider.", default=None)
    email: str | None = strawberry.field(
        description="Where to write about the order; required of guests.", default=None
    )
    notes: str | None = strawberry.field(description="The buyer's remarks.", default=None)

    def request(self) -> CheckoutRequest:
        """The input in the service's words."""
        return CheckoutRequest(
            idempotency_key=self.idempotency_key,
            cart_version=self.cart_version,
            expected_total=self.expected_total,
            currency=self.currency,
            shipping=_choice(self.shipping_address_id, self.shipping_address),
            billing=_choice(self.billing_address_id, self.billing_address),
            payment=PaymentSource(self.payment_method_id, self.payment_token),
            email=self.email,
            notes=self.notes,
        )


def _choice(address_id: str | None, given: OrderAddressInput | None) -> AddressChoice:
    return AddressChoice(address_id, None if given is None else dict(vars(given)))
