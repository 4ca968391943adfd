"""The payment room's Piccolo tables on its own engine, as ``migrations/payment`` defines them."""

from __future__ import annotations

from decimal import Decimal

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Numeric, Text, Timestamptz, Varchar
from piccolo.table import Table

from subgraphs.kernel.database import Database

DB = Database("payment")


class Payments(Table, tablename="payments", db=DB):
    """S-039: the one payment of each order."""

    id = UUID(primary_key=True)
    order_id = UUID(unique=True)
    user_id = UUID()
    amount = Numeric(digits=(10, 2))
    currency = Varchar(length=3, default="USD")
    status = Varchar(length=50, default="pending")
    payment_method = Varchar(length=50)
    transaction_id = Varchar(length=255, null=True, default=None)
    gateway_response = JSONB(null=True, default=None)
    processed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    authorized_amount = Numeric(digits=(10, 2), default=Decimal(0))
    captured_amount = Numeric(digits=(10, 2), default=Decimal(0))
    refunded_amount = Numeric(digits=(10, 2), default=Decimal(0))
    method_summary = Varchar(length=100, null=True, default=None)
    version = Integer(default=1)
    capture_amount = Numeric(digits=(10, 2), null=True, default=None)


class PaymentMethods(Table, tablename="payment_methods", db=DB):
    """S-040: stored ways to pay."""

    id = UUID(primary_key=True)
    user_id = UUID()
    type = Varchar(length=50)
    provider = Varchar(length=50, null=True, default=None)
    last_four_digits = Varchar(length=4, null=True, default=None)
    expiry_month = Integer(null=True, default=None)
    expiry_year = Integer(null=True, default=None)
    brand = Varchar(length=50, null=True, default=None)
    is_default = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    provider_token = Varchar(length=255, secret=True)
    fingerprint = Varchar(length=128)
    deleted_at = Timestamptz(null=True, default=None)
    storing = Boolean(default=False)
    detach_after = Timestamptz()
    detach_tries = Integer(default=0)


class PaymentAttempts(Table, tablename="payment_attempts", db=DB):
    """D17: tries of a payment."""

    id = UUID(primary_key=True)
    payment_id = ForeignKey(references=Payments)
    idempotency_key = Varchar(length=255, unique=True)
    request_hash = Varchar(length=64)
    status = Varchar(length=50, default="processing")
    amount = Numeric(digits=(10, 2))
    provider = Varchar(length=50)
    provider_reference = Varchar(length=255, null=True, default=None)
    error_code = Varchar(length=100, null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    orphaned = Boolean(default=False)
    next_poll_at = Timestamptz(null=True, default=None)
    polls = Integer(default=0)


class Refunds(Table, tablename="refunds", db=DB):
    """S-041: money given back."""

    id = UUID(primary_key=True)
    payment_id = ForeignKey(references=Payments)
    amount = Numeric(digits=(10, 2))
    reason = Text(null=True, default=None)
    status = Varchar(length=50, default="pending")
    transaction_id = Varchar(length=255, null=True, default=None)
    processed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    requested_by = UUID(null=True, default=None)
    restock = Boolean(default=False)
    next_run_at = Timestamptz(null=True, default=None)
    tries = Integer(default=0)


class ProviderMessages(Table, tablename="provider_messages", db=DB):
    """D47: webhooks that arrived."""

    id = UUID(primary_key=True)
    provider = Varchar(length=50)
    event_id = Varchar(length=255, null=True, default=None)
    event_type = Varchar(length=100, null=True, default=None)
    outcome = Varchar(length=20)
    body_hash = Varchar(length=64)
    sender = Varchar(length=255, null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    minute = Timestamptz(null=True, default=None)
    times = Integer(default=1)
