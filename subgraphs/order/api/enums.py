"""Enumerations of the order graph; the first two are the domain's own, so SQL, Python and GraphQL have one set."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from subgraphs.kernel.pagination import Keyset
from subgraphs.order.domain.checkout import CheckoutState
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.repository.orders import DEAREST, NEWEST, OLDEST


class OrderSort(Enum):
    """Orders of a list; the value is the keyset that realises it."""

    PLACED_AT_DESC = "placed_at_desc"
    PLACED_AT_ASC = "placed_at_asc"
    TOTAL_DESC = "total_desc"


KEYSETS: Mapping[OrderSort, Keyset] = {
    OrderSort.PLACED_AT_DESC: NEWEST,
    OrderSort.PLACED_AT_ASC: OLDEST,
    OrderSort.TOTAL_DESC: DEAREST,
}


def _enum(kind: type[Enum], description: str, values: Mapping[Any, str]) -> None:
    strawberry.enum(kind, description=description)
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[kind[value.name]]


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
_enum(
    CheckoutState,
    "Which part of the checkout is being worked on.",
    {
        CheckoutState.RESERVING: "The goods are being set aside.",
        CheckoutState.AWAITING_PAYMENT: "The payment was declined; the buyer may pay by other means.",
        CheckoutState.AUTHORIZING: "The payment provider is being asked.",
        CheckoutState.CAPTURING: "The payment is granted and being taken.",
        CheckoutState.COMPLETED: "Done.",
        CheckoutState.COMPENSATING: "What was done is being undone.",
        CheckoutState.FAILED: "Did not lead to a sale.",
    },
)
_enum(
    OrderSort,
    "Order of a list of orders.",
    {
        OrderSort.PLACED_AT_DESC: "Newest first.",
        OrderSort.PLACED_AT_ASC: "Oldest first.",
        OrderSort.TOTAL_DESC: "Highest total first.",
    },
)
