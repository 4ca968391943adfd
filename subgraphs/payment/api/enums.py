"""Enumerations of the payment graph: the domain's own, so SQL, Python and GraphQL have one set."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from subgraphs.payment.domain import OrderStatus, PaymentMethodType, PaymentStatus, RefundStatus


def _enum(kind: type[Enum], description: str, values: Mapping[Any, str]) -> None:
    strawberry.enum(kind, description=description)
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[kind[value.name]]


_enum(
    PaymentStatus,
    "Where a payment or one attempt at it stands.",
    {
        PaymentStatus.PENDING: "Not tried yet.",
        PaymentStatus.PROCESSING: "The provider has been asked; its answer is outstanding.",
        PaymentStatus.AUTHORIZED: "The amount is held.",
        PaymentStatus.COMPLETED: "The amount was taken.",
        PaymentStatus.FAILED: "Declined; it may be tried again.",
        PaymentStatus.VOIDED: "The held amount was let go.",
        PaymentStatus.PARTIALLY_REFUNDED: "Part of it was given back.",
        PaymentStatus.REFUNDED: "All of it was given back.",
    },
)
_enum(
    RefundStatus,
    "Where a refund stands.",
    {
        RefundStatus.PENDING: "Not asked for at the provider yet.",
        RefundStatus.PROCESSING: "The provider has been asked.",
        RefundStatus.COMPLETED: "Given back.",
        RefundStatus.FAILED: "The provider refused.",
    },
)
_enum(
    PaymentMethodType,
    "Kind of a payment method.",
    {
        PaymentMethodType.CREDIT_CARD: "Credit card.",
        PaymentMethodType.DEBIT_CARD: "Debit card.",
        PaymentMethodType.PAYPAL: "PayPal account.",
    },
)
_enum(
    OrderStatus,
    "Where an order stands; it moves down the list and may be cancelled until it is shipped.",
    {
        OrderStatus.PENDING: "Placed, not paid yet.",
        OrderStatus.CONFIRMED: "Paid.",
        OrderStatus.PROCESSING: "Being packed.",
        OrderStatus.SHIPPED: "Handed to the carrier.",
        OrderStatus.DELIVERED: "Arrived.",
        OrderStatus.CANCELLED: "Will not be delivered; what was paid is given back.",
    },
)
