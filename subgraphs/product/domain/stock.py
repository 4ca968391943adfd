"""Stock reservations: an order's lines, the state of its hold, and what is missing (shop.md §5, D40).

A hold is all or nothing and has one deadline. ``held`` becomes ``committed`` (units leave the stock) or ``released``
or ``expired`` (units are free again). An expired hold may be taken again; a released one is final, so that a late
repetition of the request cannot hold units for an order that was given up.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from subgraphs.kernel.refusals import Conflict, Invalid
from subgraphs.product.domain.texts import Checker

MAX_LINES = 250
MAX_QUANTITY = 1_000_000
MAX_TTL_SECONDS = 24 * 3600
MAX_REASON = 1000
MAX_STOCK = 1_000_000_000
MAX_KEY = 200


class State(StrEnum):
    """State of an order's hold as the order service reads it."""

    NONE = "NONE"
    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"
    OUT_OF_STOCK = "OUT_OF_STOCK"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reservation as it is stored, with the product's names of today."""

    product_id: UUID
    sku: str
    name: str
    unit_price: Decimal
    currency: str
    quantity: int
    status: str
    expires_at: dt.datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class Stocked:
    """A product whose row is locked."""

    id: UUID
    sku: str
    name: str
    price: Decimal
    currency: str
    stock: int
    reserved: int
    is_active: bool

    @property
    def available(self) -> int:
        return self.stock - self.reserved if self.is_active else 0


@dataclass(frozen=True, slots=True)
class Shortage:
    product_id: UUID
    requested: int
    available: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """The answer of every operation on a hold."""

    ok: bool
    state: State
    lines: Sequence[Line] = ()
    shortages: Sequence[Shortage] = ()

    @property
    def expires_at(self) -> dt.datetime | None:
        """The deadline of a running hold."""
        return self.lines[0].expires_at if self.lines and self.state is State.HELD else None


def wanted_quantities(lines: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Units per product, in the order of ids; lines of one product add up. Raises Invalid."""
    total: Counter[UUID] = Counter()
    for product_id, quantity in lines:
        if not 1 <= quantity <= MAX_QUANTITY:
            raise Invalid("A quantity is a positive number.", code="QUANTITY_INVALID", path=["lines"])
        total[product_id] += quantity
    if not 1 <= len(total) <= MAX_LINES:
        raise Invalid(f"A reservation has 1 to {MAX_LINES} lines.", code="LINES_INVALID", path=["lines"])
    return dict(sorted(total.items()))


def check_ttl(seconds: int) -> int:
    """Raises Invalid ``TTL_INVALID``."""
    if not 1 <= seconds <= MAX_TTL_SECONDS:
        raise Invalid(f"A hold lasts 1 to {MAX_TTL_SECONDS} seconds.", code="TTL_INVALID", path=["ttlSeconds"])
    return seconds


def state_of(lines: Sequence[Line]) -> State:
    """The state of a whole hold: a hold of which one line has run out has run out."""
    statuses = {line.status for line in lines}
    if not statuses:
        return State.NONE
    if "released" in statuses:
        return State.RELEASED
    if statuses == {"committed"}:
        return State.COMMITTED
    if "expired" in statuses or any(line.overdue for line in lines):
        return State.EXPIRED
    return State.HELD


def check_same_lines(lines: Sequence[Line], wanted: Mapping[UUID, int]) -> None:
    """Raises Conflict ``RESERVATION_DIFFERS`` when the order already has a hold of something else."""
    if {line.product_id: line.quantity for line in lines} != dict(wanted):
        raise Conflict("This order holds something else.", code="RESERVATION_DIFFERS", path=["lines"])


def shortages(wanted: Mapping[UUID, int], stocked: Mapping[UUID, Stocked]) -> list[Shortage]:
    """What cannot be held; an unknown or hidden product has nothing available."""
    available = {product_id: stocked[product_id].available if product_id in stocked else 0 for product_id in wanted}
    return [
        Shortage(product_id, quantity, available[product_id])
        for product_id, quantity in wanted.items()
        if quantity > available[product_id]
    ]


def held_lines(wanted: Mapping[UUID, int], stocked: Mapping[UUID, Stocked], deadline: dt.datetime) -> list[Line]:
    """The lines of a hold that was just made, at the prices of the locked products."""
    return [
        Line(item.id, item.sku, item.name, item.price, item.currency, quantity, "held", deadline, overdue=False)
        for product_id, quantity in wanted.items()
        for item in (stocked[product_id],)
    ]


def ran_low(product: Stocked, sold: int, threshold: int) -> bool:
    """Whether a sale of held units took the stock across the threshold."""
    return product.stock > threshold >= product.stock - sold


def check_adjustment(delta: int, reason: str, key: str) -> str:
    """The trimmed reason; raises Refusals for a change of nothing, of too much, without a reason or without a key."""
    checker = Checker()
    if not 0 < abs(delta) <= MAX_QUANTITY:
        checker.refuse(f"The stock changes by 1 to {MAX_QUANTITY} units.", "QUANTITY_INVALID", ["delta"])
    if not key or key != checker.text(key, MAX_KEY, ["idempotencyKey"]):
        checker.refuse(f"A key is 1 to {MAX_KEY} characters.", "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"])
    why = checker.required_text(reason, MAX_REASON, ["reason"], lines=True)
    checker.finish()
    return why


def stock_after(stock: int, reserved: int, delta: int) -> int:
    """Units on hand after the change; raises Conflict ``STOCK_RESERVED``, or Invalid ``STOCK_TOO_LARGE``."""
    if stock + delta < reserved:
        raise Conflict(
            f"{stock - reserved} units can be taken away, orders hold the other {reserved}.",
            code="STOCK_RESERVED",
            path=["delta"],
        )
    if stock + delta > MAX_STOCK:
        raise Invalid(f"A stock has at most {MAX_STOCK} units.", code="STOCK_TOO_LARGE", path=["delta"])
    return stock + delta
