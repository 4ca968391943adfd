"""What a checkout asks for, checked before anything happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from subgraphs.kernel.identity import Principal
from subgraphs.kernel.money import check_amount, check_currency
from subgraphs.kernel.refusals import Invalid, Missing
from subgraphs.order.domain.address import checked_address, from_snapshot
from subgraphs.order.peers import PaymentSource, Siblings

MAX_NOTES = 2000


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """A stored address by id, or one given in full; neither for billing means the shipping address."""

    address_id: str | None
    given: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """The client's input; ``expected_total`` is the sum of the items as the client was shown them."""

    idempotency_key: str
    cart_version: int
    expected_total: Decimal
    currency: str
    shipping: AddressChoice
    billing: AddressChoice
    payment: PaymentSource
    email: str | None
    notes: str | None

    def fingerprint(self) -> list[Any]:
        """What makes two requests the same one under an idempotency key."""
        return [
            self.cart_version,
            f"{self.expected_total.normalize():f}",
            self.currency,
            [self.shipping.address_id, self.shipping.given],
            [self.billing.address_id, self.billing.given],
            [self.payment.method_id, self.payment.token],
            self.email,
            self.notes,
        ]


def check_request(request: CheckoutRequest, principal: Principal) -> None:
    """Refuse what needs no look at the world: amounts, the choice of payment, e-mail, remarks."""
    check_currency(request.currency, path=["input", "currency"])
    check_amount(request.expected_total, request.currency, path=["input", "expectedTotal"])
    check_source(request.payment, ["input", "paymentToken"])
    if request.notes is not None and len(request.notes) > MAX_NOTES:
        raise Invalid(f"Notes have at most {MAX_NOTES} characters.", code="NOTES_TOO_LONG", path=["input", "notes"])
    if request.notes is not None and "\x00" in request.notes:
        raise Invalid("Notes are text without NUL.", code="NOTES_INVALID", path=["input", "notes"])
    if request.email is None:
        if principal.kind == "guest":
            raise Invalid("A guest gives an e-mail address.", code="EMAIL_REQUIRED", path=["input", "email"])
        return
    try:
        validate_email(request.email, check_deliverability=False)
    except EmailNotValidError as error:
        raise Invalid("This is no e-mail address.", code="EMAIL_INVALID", path=["input", "email"]) from error


def check_source(source: PaymentSource, path: list[str]) -> None:
    """Exactly one means of payment, else Invalid ``PAYMENT_SOURCE_REQUIRED``."""
    if (source.method_id is None) == (source.token is None):
        raise Invalid("Give either paymentMethodId or paymentToken.", code="PAYMENT_SOURCE_REQUIRED", path=path)


async def resolve_addresses(
    request: CheckoutRequest, user_id: UUID, siblings: Siblings
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """The copies to keep of the shipping and the billing address; calls the user service for stored ones."""
    shipping = await _resolve(request.shipping, "shippingAddress", user_id, siblings)
    if shipping is None:
        raise Invalid(
            "Give shippingAddressId or shippingAddress.", code="ADDRESS_REQUIRED", path=["input", "shippingAddress"]
        )
    billing = await _resolve(request.billing, "billingAddress", user_id, siblings)
    return shipping, billing or shipping


async def _resolve(choice: AddressChoice, name: str, user_id: UUID, siblings: Siblings) -> dict[str, str | None] | None:
    if choice.address_id is not None and choice.given is not None:
        raise Invalid(f"Give {name}Id or {name}, not both.", code="ADDRESS_AMBIGUOUS", path=["input", name])
    if choice.given is not None:
        return checked_address(choice.given, ["input", name])
    if choice.address_id is None:
        return None
    snapshot = await siblings.address(user_id, choice.address_id)
    if snapshot is None:
        raise Missing("There is no such address.", path=["input", f"{name}Id"])
    return from_snapshot(snapshot)
