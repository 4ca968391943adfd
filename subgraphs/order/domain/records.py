"""What the room's tables hold, as immutable values: the shape in which rows travel from repository to api."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from subgraphs.order.domain.cart import Line
from subgraphs.order.domain.checkout import SagaStep
from subgraphs.order.domain.status import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """A row of ``orders``; ``total = subtotal + shipping_cost + tax - discount`` in ``currency``."""

    id: UUID
    order_number: str
    user_id: UUID
    status: OrderStatus
    subtotal: Decimal
    shipping_cost: Decimal
    tax: Decimal
    discount: Decimal
    total: Decimal
    currency: str
    shipping_address: Mapping[str, Any]
    billing_address: Mapping[str, Any]
    payment_method: str | None
    tracking_number: str | None
    notes: str | None
    contact_email: str | None
    cancel_reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A row of ``order_items``: the product as it was bought, priced in the order's currency."""

    id: UUID
    order_id: UUID
    product_id: UUID
    product_name: str
    product_sku: str
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class StatusChangeRecord:
    """A row of ``order_status_history``; ``actor_id`` is None when the shop itself acted."""

    order_id: UUID
    status: OrderStatus
    notes: str | None
    actor_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CartRecord:
    """A row of ``shopping_carts`` with its lines in the order of adding."""

    id: UUID
    user_id: UUID
    lines: tuple[Line, ...]
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SagaRecord:
    """A row of ``checkout_sagas``: how far the checkout of ``order_id`` has come, or its being taken back.

    ``lease_until`` is the proof of who works on it; ``source`` the means of payment of the attempt under way.
    """

    order_id: UUID
    user_id: UUID
    step: SagaStep
    attempts: int
    failures: int
    error: str | None
    expires_at: datetime
    expired: bool
    lease_until: datetime | None
    source: Mapping[str, Any] | None
    claim_scope: str | None
    claim_key: str | None
    cancel_reason: str | None
    canceller_id: UUID | None


@dataclass(frozen=True, slots=True)
class StatsRecord:
    """A customer's orders in figures; cancelled orders count but have no value."""

    count: int
    lifetime_value: tuple[tuple[Decimal, str], ...]
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Conditions on a list of orders, all of which must hold; hashable, as part of a loader's key."""

    statuses: tuple[OrderStatus, ...] | None = None
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    user_id: UUID | None = None
    product_id: UUID | None = None
    total_min: Decimal | None = None
    total_max: Decimal | None = None
    search: str | None = None
