"""Inputs that select orders."""

from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.filters import filter_text, filter_values
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.shared_types import DecimalRange, TimeRange
from subgraphs.order.domain.records import OrderFilter as Criteria
from subgraphs.order.domain.status import OrderStatus

_NOBODY = UUID(int=0)


@strawberry.input(one_of=True, description="Exactly one way to name an order.")
class OrderBy:
    id: strawberry.ID | None = strawberry.field(description="By identity.", default=strawberry.UNSET)
    order_number: str | None = strawberry.field(
        description="By number, as people type it: case, spaces and O for 0 do not matter.", default=strawberry.UNSET
    )


@strawberry.input(description="Conditions on a list of orders, all of which must hold.")
class OrderFilter:
    status: list[OrderStatus] | None = strawberry.field(description="One of these statuses.", default=None)
    placed: TimeRange | None = strawberry.field(description="Placed in this span of time.", default=None)
    user_id: strawberry.ID | None = strawberry.field(description="Ordered by this user.", default=None)
    product_id: strawberry.ID | None = strawberry.field(description="With this product among the items.", default=None)
    total: DecimalRange | None = strawberry.field(description="With a total in this range.", default=None)
    search: str | None = strawberry.field(
        description="Beginning of the order number, or the whole contact e-mail or tracking number.", default=None
    )


def criteria(given: OrderFilter | None) -> Criteria:
    """The repository's filter; an id that is none fits no order. Refuses what no order could have with Invalid."""
    if given is None:
        return Criteria()
    return Criteria(
        statuses=None if given.status is None else filter_values(given.status, "filter", "status"),
        placed_from=given.placed.from_ if given.placed else None,
        placed_to=given.placed.to if given.placed else None,
        user_id=_key(given.user_id),
        product_id=_key(given.product_id),
        total_min=given.total.min if given.total else None,
        total_max=given.total.max if given.total else None,
        search=(filter_text(given.search, "filter", "search") or "").strip() or None,
    )


def _key(value: Any) -> UUID | None:
    return None if value is None else uuid_or_none(value) or _NOBODY
