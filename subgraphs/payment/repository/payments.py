"""Payments: batch reads, pages, and the locked changes of one."""

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
    MethodDetails,
    PaymentFilter,
    PaymentRecord,
    PaymentStatus,
)
from subgraphs.payment.tables import DB

NEWEST = Keyset("NEWEST", (Column("p.created_at", datetime, descending=True), Column("p.id", UUID, descending=True)))
TERMINAL = PAID | {PaymentStatus.FAILED, PaymentStatus.VOIDED}

_PAYMENT = (
    "p.id, p.order_id, p.user_id, p.amount, p.currency, p.status, p.payment_method, p.method_summary, "
    "p.transaction_id, p.authorized_amount, p.capture_amount, p.captured_amount, p.refunded_amount, "
    "p.version, p.processed_at, p.created_at"
)


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


async def lock_payment_by_id(payment_id: UUID) -> PaymentRecord | None:
    """The payment, locked until the transaction ends."""
    row = await DB.fetch_row(f"SELECT {_PAYMENT} FROM payments p WHERE p.id = $1 FOR UPDATE", payment_id)
    return None if row is None else _payment(row)


async def lock_order(order_id: UUID) -> None:
    """One opening or closing of an order's payment at a time, also while there is none."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtextextended('payment:' || $1::text, 0))", str(order_id))


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


async def decide_capture(payment_id: UUID, amount: Decimal) -> PaymentRecord:
    """Write down what is about to be taken, before the provider is asked; the row is locked."""
    row = await DB.fetch_row(
        f"UPDATE payments p SET capture_amount = $2 WHERE p.id = $1 RETURNING {_PAYMENT}", payment_id, amount
    )
    return _payment(row)


async def drop_decision(payment_id: UUID, amount: Decimal) -> None:
    """The provider refused to take it: nothing is decided any more, unless something else is by now."""
    await DB.execute(
        "UPDATE payments SET capture_amount = NULL WHERE id = $1 AND capture_amount = $2 AND status = 'authorized'",
        payment_id,
        amount,
    )


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """New values of a payment; None leaves a column as it is."""

    status: PaymentStatus
    transaction_id: str | None = None
    gateway_response: Mapping[str, Any] | None = None
    authorized_amount: Decimal | None = None
    captured_amount: Decimal | None = None
    refunded_amount: Decimal | None = None
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
            method_summary = coalesce($9, p.method_summary),
            refunded_amount = coalesce($10, p.refunded_amount)
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
        change.refunded_amount,
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


def _payment(row: Mapping[str, Any]) -> PaymentRecord:
    values = dict(row)
    return PaymentRecord(status=PaymentStatus(values.pop("status")), **values)


async def forget_means(user_id: UUID) -> list[UUID]:
    """Erase from a user's payments what they show of the card; answers the payments."""
    rows = await DB.fetch(
        "UPDATE payments SET method_summary = NULL WHERE user_id = $1 RETURNING id",
        user_id,
    )
    return [row["id"] for row in rows]
