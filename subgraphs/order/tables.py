"""The order room's Piccolo tables on its own engine; the migrations in ``migrations/order`` are their definition."""

from __future__ import annotations

from decimal import Decimal

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Numeric, Text, Timestamptz, Varchar
from piccolo.table import Table

from subgraphs.kernel.database import Database

DB = Database("order")


class Orders(Table, tablename="orders", db=DB):
    """S-033: orders, never deleted."""

    id = UUID(primary_key=True)
    order_number = Varchar(length=50, unique=True)
    user_id = UUID()
    status = Varchar(length=50, default="pending")
    subtotal = Numeric(digits=(10, 2))
    shipping_cost = Numeric(digits=(10, 2), default=Decimal(0))
    tax = Numeric(digits=(10, 2), default=Decimal(0))
    total = Numeric(digits=(10, 2))
    currency = Varchar(length=3, default="USD")
    shipping_address = JSONB()
    billing_address = JSONB()
    payment_method = Varchar(length=50, null=True, default=None)
    tracking_number = Varchar(length=100, null=True, default=None)
    notes = Text(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    discount = Numeric(digits=(10, 2), default=Decimal(0))
    contact_email = Varchar(length=254, null=True, default=None)
    cancel_reason = Text(null=True, default=None)
    idempotency_key = Varchar(length=255, null=True, default=None)
    version = Integer(default=1)


class OrderItems(Table, tablename="order_items", db=DB):
    """S-035: lines of an order."""

    id = UUID(primary_key=True)
    order_id = ForeignKey(references=Orders)
    product_id = UUID()
    product_name = Varchar(length=255)
    product_sku = Varchar(length=100)
    quantity = Integer()
    unit_price = Numeric(digits=(10, 2))
    subtotal = Numeric(digits=(10, 2))
    created_at = Timestamptz()
    updated_at = Timestamptz()
    position = Integer(default=0)


class OrderStatusHistory(Table, tablename="order_status_history", db=DB):
    """S-036: every status an order has had."""

    id = UUID(primary_key=True)
    order_id = ForeignKey(references=Orders)
    status = Varchar(length=50)
    notes = Text(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    actor_id = UUID(null=True, default=None)
    actor_kind = Varchar(length=20, default="system")
    reason = Varchar(length=100, null=True, default=None)


class ShoppingCarts(Table, tablename="shopping_carts", db=DB):
    """S-037: one basket per user or guest."""

    id = UUID(primary_key=True)
    user_id = UUID(unique=True)
    items = JSONB(default="[]")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)


class CheckoutSagas(Table, tablename="checkout_sagas", db=DB):
    """D47: progress of each checkout."""

    order_id = UUID(primary_key=True)
    user_id = UUID()
    step = Varchar(length=20, default="claimed")
    attempts = Integer(default=0)
    next_run_at = Timestamptz(null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    error = Text(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    expires_at = Timestamptz()
    failures = Integer(default=0)
    source = JSONB(null=True, default=None)
    claim_scope = Varchar(length=150, null=True, default=None)
    claim_key = Varchar(length=200, null=True, default=None)
    cancel_reason = Text(null=True, default=None)
    canceller_id = UUID(null=True, default=None)
