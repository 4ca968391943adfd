"""Every SQL statement of the payment room; reads take keys in batches, writes belong to the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, PageRequest
from subgraphs.payment.domain import (
    PAID,
    AttemptRecord,
    MethodDetails,
    MethodRecord,
    PaymentFilter,
    PaymentMethodType,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundStatus,
)
from subgraphs.payment.tables import DB

NEWEST = Keyset("NEWEST", (Column("p.created_at", datetime, descending=True), Column("p.id", UUID, descending=True)))
TERMINAL = PAID | {PaymentStatus.FAILED, PaymentStatus.VOIDED}

_PAYMENT = (
    "p.id, p.order_id, p.user_id, p.amount, p.currency, p.status, p.payment_method, p.method_summary, "
    "p.transaction_id, p.authorized_amount, p.captured_amount, p.refunded_amount, "
    "p.version, p.processed_at, p.created_at"
)
_ATTEMPT = "id, payment_id, request_hash, status, provider_reference, error_code, created_at"
_REFUND = "r.id, r.payment_id, r.amount, p.currency, r.reason, r.status, r.processed_at, r.created_at"
_METHOD = (
    "id, user_id, provider, type, fingerprint, brand, last_four_digits, expiry_month, expiry_year, provider_token, "
    "is_default"
)

# -- payments ----------------------------------------------------------------------------------------------------------


async def payments_by_id(ids: Sequence[UUID]) -> dict[UUID, PaymentRecord]:
    """The payments with these ids."""
    rows = await DB.fetch(f"SELECT {_PAYMENT} FROM payments p WHERE p.id = ANY($1)", ids)
    return {row["id"]: _payment(row) for row in rows}


async def payments_by_order(order_ids: Sequence[UUID]) -> dict[UUID, PaymentRecord]:
    """The payments of these orders, by order; an order that nobody tried to pay has none."""
    rows = await DB.fetch(f"SELECT {_PAYMENT} FROM payments p WHERE p.order_id = ANY($1)", order_ids)
    return {row["order_id"]: _payment(row) for row in rows}


async def payments_page(criteria: PaymentFilter, request: PageRequest) -> list[PaymentRecord]:
    """At most ``request.limit`` payments that fit, newest first."""
    conditions, arguments = _conditions(criteria)
    beyond, position = request.where(len(arguments) + 1)
    rows = await DB.fetch(
        f"SELECT {_PAYMENT} FROM payments p WHERE {conditions} AND {beyond} "
        f"ORDER BY {request.order_by} LIMIT {request.limit}",
        *arguments,
        *position,
    )
    return [_payment(row) for row in rows]


async def payments_count(criteria: PaymentFilter) -> int:
    """How many payments fit."""
    conditions, arguments = _conditions(criteria)
    return int(await DB.fetch_value(f"SELECT count(*) FROM payments p WHERE {conditions}", *arguments))


async def lock_payment(order_id: UUID) -> PaymentRecord | None:
    """The order's payment, locked until the transaction ends."""
    row = await DB.fetch_row(f"SELECT {_PAYMENT} FROM payments p WHERE p.order_id = $1 FOR UPDATE", order_id)
    return None if row is None else _payment(row)


async def lock_or_create_payment(
    order_id: UUID, user_id: UUID, amount: Decimal, currency: str, method: MethodDetails
) -> PaymentRecord:
    """The order's payment, locked; made when there is none. The no-op update takes the lock in the same statement."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO payments AS p (order_id, user_id, amount, currency, payment_method, method_summary)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
        RETURNING {_PAYMENT}
        """,
        order_id,
        user_id,
        amount,
        currency,
        method.type.value,
        method.summary,
    )
    return _payment(row)


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """New values of a payment; None leaves a column as it is."""

    status: PaymentStatus
    transaction_id: str | None = None
    gateway_response: Mapping[str, Any] | None = None
    authorized_amount: Decimal | None = None
    captured_amount: Decimal | None = None
    method: MethodDetails | None = None


async def change_payment(payment_id: UUID, change: PaymentChange) -> PaymentRecord:
    """Write the change, raise the version, and set ``processed_at`` exactly in terminal states; the row is locked."""
    row = await DB.fetch_row(
        f"""
        UPDATE payments p
        SET status = $2, version = p.version + 1,
            processed_at = CASE WHEN $3 THEN now() END,
            transaction_id = coalesce($4, p.transaction_id),
            gateway_response = coalesce($5, p.gateway_response),
            authorized_amount = coalesce($6, p.authorized_amount),
            captured_amount = coalesce($7, p.captured_amount),
            payment_method = coalesce($8, p.payment_method),
            method_summary = coalesce($9, p.method_summary)
        WHERE p.id = $1 RETURNING {_PAYMENT}
        """,
        payment_id,
        change.status.value,
        change.status in TERMINAL,
        change.transaction_id,
        None if change.gateway_response is None else dict(change.gateway_response),
        change.authorized_amount,
        change.captured_amount,
        change.method.type.value if change.method else None,
        change.method.summary if change.method else None,
    )
    return _payment(row)


def _conditions(criteria: PaymentFilter) -> tuple[str, list[object]]:
    found, values = ["TRUE"], list[object]()

    def add(condition: str, value: object | None) -> None:
        if value is not None:
            values.append(value)
            found.append(condition.replace("$?", f"${len(values)}"))

    statuses = criteria.statuses
    add("p.status = ANY($?::text[])", None if statuses is None else [status.value for status in statuses])
    add("p.created_at >= $?", criteria.created_from)
    add("p.created_at < $?", criteria.created_to)
    add("p.user_id = $?", criteria.user_id)
    return " AND ".join(found), values


# -- attempts ----------------------------------------------------------------------------------------------------------


async def attempts_by_payment(payment_ids: Sequence[UUID]) -> list[tuple[UUID, AttemptRecord]]:
    """The attempts of these payments, oldest first, each with its payment's id."""
    rows = await DB.fetch(
        f"SELECT {_ATTEMPT} FROM payment_attempts WHERE payment_id = ANY($1) ORDER BY payment_id, created_at, id",
        payment_ids,
    )
    return [(row["payment_id"], _attempt(row)) for row in rows]


async def attempt_by_key(key: str) -> AttemptRecord | None:
    """The attempt that was made under this key."""
    row = await DB.fetch_row(f"SELECT {_ATTEMPT} FROM payment_attempts WHERE idempotency_key = $1", key)
    return None if row is None else _attempt(row)


async def insert_attempt(payment: PaymentRecord, key: str, request_hash: str, provider: str) -> AttemptRecord:
    """Record that the provider is about to be asked."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO payment_attempts (payment_id, idempotency_key, request_hash, amount, provider)
        VALUES ($1, $2, $3, $4, $5) RETURNING {_ATTEMPT}
        """,
        payment.id,
        key,
        request_hash,
        payment.amount,
        provider,
    )
    return _attempt(row)


async def settle_attempt(
    attempt_id: UUID, status: PaymentStatus, reference: str | None, error_code: str | None
) -> None:
    """Record what the provider answered."""
    await DB.execute(
        """
        UPDATE payment_attempts
        SET status = $2, provider_reference = coalesce($3, provider_reference), error_code = $4 WHERE id = $1
        """,
        attempt_id,
        status.value,
        reference,
        error_code,
    )


async def settle_authorized(payment_id: UUID, status: PaymentStatus) -> None:
    """The authorised attempt of a payment follows what becomes of it: captured or voided."""
    await DB.execute(
        "UPDATE payment_attempts SET status = $2 WHERE payment_id = $1 AND status = 'authorized'",
        payment_id,
        status.value,
    )


# -- refunds -----------------------------------------------------------------------------------------------------------


async def refunds_by_payment(payment_ids: Sequence[UUID]) -> list[tuple[UUID, RefundRecord]]:
    """The refunds of these payments, oldest first, each with its payment's id."""
    rows = await DB.fetch(
        f"""
        SELECT {_REFUND} FROM refunds r JOIN payments p ON p.id = r.payment_id
        WHERE r.payment_id = ANY($1) ORDER BY r.payment_id, r.created_at, r.id
        """,
        payment_ids,
    )
    return [(row["payment_id"], _refund(row)) for row in rows]


async def refunds_by_id(ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, RefundRecord]]:
    """The refunds with these ids, each with the id of the payer."""
    rows = await DB.fetch(
        f"SELECT {_REFUND}, p.user_id FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = ANY($1)", ids
    )
    return {row["id"]: (row["user_id"], _refund(row)) for row in rows}


# -- methods -----------------------------------------------------------------------------------------------------------


async def methods_by_user(user_ids: Sequence[UUID]) -> list[tuple[UUID, MethodRecord]]:
    """The live methods of these users, oldest first, each with its owner's id."""
    rows = await DB.fetch(
        f"""
        SELECT {_METHOD} FROM payment_methods
        WHERE user_id = ANY($1) AND deleted_at IS NULL ORDER BY user_id, created_at, id
        """,
        user_ids,
    )
    return [(row["user_id"], _method(row)) for row in rows]


async def methods_by_id(ids: Sequence[UUID]) -> dict[UUID, MethodRecord]:
    """The live methods with these ids."""
    rows = await DB.fetch(f"SELECT {_METHOD} FROM payment_methods WHERE id = ANY($1) AND deleted_at IS NULL", ids)
    return {row["id"]: _method(row) for row in rows}


async def lock_methods(user_id: UUID) -> list[MethodRecord]:
    """The user's live methods; the user's methods change in one transaction at a time, also when there is none yet."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(user_id))
    return [method for _, method in await methods_by_user([user_id])]


async def insert_method(user_id: UUID, provider: str, token: str, details: MethodDetails) -> MethodRecord:
    """Store a method."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO payment_methods (user_id, provider, provider_token, type, fingerprint, brand, last_four_digits,
                                     expiry_month, expiry_year)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_METHOD}
        """,
        user_id,
        provider,
        token,
        details.type.value,
        details.fingerprint,
        details.brand,
        details.last_four_digits,
        details.expiry_month,
        details.expiry_year,
    )
    return _method(row)


async def set_default(user_id: UUID, method_id: UUID) -> None:
    """Make this the user's only default."""
    await DB.execute(
        "UPDATE payment_methods SET is_default = false WHERE user_id = $1 AND is_default AND id <> $2",
        user_id,
        method_id,
    )
    await DB.execute("UPDATE payment_methods SET is_default = true WHERE id = $1 AND NOT is_default", method_id)


async def soft_delete_method(method_id: UUID) -> None:
    """Remove the method from sight; past payments keep their summary."""
    await DB.execute(
        "UPDATE payment_methods SET deleted_at = now(), is_default = false WHERE id = $1 AND deleted_at IS NULL",
        method_id,
    )


# -- rows --------------------------------------------------------------------------------------------------------------


def _payment(row: Mapping[str, Any]) -> PaymentRecord:
    values = dict(row)
    return PaymentRecord(status=PaymentStatus(values.pop("status")), **values)


def _attempt(row: Mapping[str, Any]) -> AttemptRecord:
    values = dict(row)
    return AttemptRecord(status=PaymentStatus(values.pop("status")), **values)


def _refund(row: Mapping[str, Any]) -> RefundRecord:
    return RefundRecord(
        id=row["id"],
        payment_id=row["payment_id"],
        amount=row["amount"],
        currency=row["currency"],
        reason=row["reason"],
        status=RefundStatus(row["status"]),
        processed_at=row["processed_at"],
        created_at=row["created_at"],
    )


def _method(row: Mapping[str, Any]) -> MethodRecord:
    details = MethodDetails(
        type=PaymentMethodType(row["type"]),
        fingerprint=row["fingerprint"],
        brand=row["brand"],
        last_four_digits=row["last_four_digits"],
        expiry_month=row["expiry_month"],
        expiry_year=row["expiry_year"],
    )
    return MethodRecord(row["id"], row["user_id"], row["provider"], details, row["provider_token"], row["is_default"])
