"""Everything that contradicts itself over six databases and the provider's books, in a stable order."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from ops.reconcile import facts, messages
from ops.reconcile.books import intents
from ops.reconcile.findings import intent_complaints, order_complaints, payment_complaints
from subgraphs.kernel.settings import DatabaseSettings
from subgraphs.notification.announcements import ANNOUNCEMENTS

TOLD_BY = {"order": "order.", "payment": "payment."}
"""Rooms whose events become notifications of customers, and how the types begin."""

KEPT = 1_000
"""The most findings of one kind that a report lists; those after it are counted."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One contradiction."""

    code: str
    subject: str
    message: str
    count: int = 1
    """More than one when it stands for those of its kind that are beyond ``KEPT``."""

    def __str__(self) -> str:
        return f"{self.code:<24}{self.subject}: {self.message}"


async def reconcile(
    databases: Mapping[str, DatabaseSettings], *, grace: float = 60.0, books: Path | None = None
) -> list[Finding]:
    """The findings, sorted: of each kind the first ``KEPT`` that are read, and then how many more there are.

    What is younger than ``grace`` seconds may still be under way and is no finding. ``books`` is the file of the
    provider simulator, whose books are compared too. Reads in pages, so a shop of any size fits; writes going on
    meanwhile may show as findings that the next run no longer has.
    """
    async with AsyncExitStack() as stack:
        rooms: dict[str, Any] = {}
        for room, database in databases.items():
            rooms[room] = await asyncpg.connect(**database.connect_arguments(), timeout=10)
            stack.push_async_callback(rooms[room].close)
            await rooms[room].set_type_codec("jsonb", encoder=orjson.dumps, decoder=orjson.loads, schema="pg_catalog")
        report = Report()
        async for finding in _findings(rooms, grace):
            report.add(finding)
        if books is not None:
            async for finding in _books(rooms["payment"], books):
                report.add(finding)
    return report.listed()


class Report:
    """Findings as they are found, in memory that ``KEPT`` and the number of kinds bound."""

    def __init__(self) -> None:
        self._kept: dict[str, set[Finding]] = {}
        self._more: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it when enough of its kind are kept; one that is kept already changes nothing."""
        kept = self._kept.setdefault(finding.code, set())
        if len(kept) < KEPT:
            kept.add(finding)
        elif finding not in kept:
            self._more[finding.code] += 1

    def listed(self) -> list[Finding]:
        """All that is kept, sorted; after each kind the number of the others."""
        listed: list[Finding] = []
        for code, kept in sorted(self._kept.items()):
            listed += sorted(kept)
            if more := self._more[code]:
                listed.append(Finding(code, "others", f"{more} more of this kind are not listed", more))
        return listed


async def _findings(rooms: Mapping[str, Any], grace: float) -> AsyncIterator[Finding]:
    for check in (_orders, _payments, _stock, _messages, _notifications):
        async for finding in check(rooms, grace):
            yield finding


async def _orders(rooms: Mapping[str, Any], grace: float) -> AsyncIterator[Finding]:
    async for page in facts.orders(rooms["order"], grace):
        ids = [order.id for order in page]
        payments = await facts.payments(rooms["payment"], ids, grace)
        holds = await facts.holds(rooms["product"], ids, grace)
        for order in page:
            for code, message in order_complaints(order, payments.get(order.id), holds.get(order.id, ())):
                yield Finding(code, order.number, message)


async def _payments(rooms: Mapping[str, Any], grace: float) -> AsyncIterator[Finding]:
    async for page in facts.payment_pages(rooms["payment"], grace):
        known = await facts.existing_orders(rooms["order"], [payment.order_id for payment in page])
        for payment in page:
            for code, message in payment_complaints(payment, has_order=payment.order_id in known):
                yield Finding(code, f"payment {payment.id}", message)


async def _stock(rooms: Mapping[str, Any], grace: float) -> AsyncIterator[Finding]:
    async for page in facts.counted_products(rooms["product"]):
        for product in page:
            if product.reserved != product.held:
                message = f"{product.held} units are held, {product.reserved} are counted"
                yield Finding("RESERVED_DIFFERS", product.sku, message)
    async for held in facts.held_orders(rooms["product"], grace):
        sold = [each.order_id for each in held if each.sold]
        known = await facts.existing_orders(rooms["order"], sold) if sold else set()
        for order in held:
            if order.overdue:
                message = f"{order.overdue} units are held past their time"
                yield Finding("HOLD_OVERDUE", f"order {order.order_id}", message)
            if order.sold and order.order_id not in known:
                message = "units are sold to an order that does not exist"
                yield Finding("SOLD_TO_NOBODY", f"order {order.order_id}", message)


async def _messages(rooms: Mapping[str, Any], grace: float) -> AsyncIterator[Finding]:
    for room, connection in rooms.items():
        late = await messages.unpublished(connection, grace)
        if late:
            yield Finding("UNPUBLISHED", room, f"{late} events wait to be published")
        async for page in messages.dead_letters(connection):
            for letter in page:
                message = f"{letter.event_type} could not be applied: {letter.reason}"
                yield Finding("DEAD_LETTER", f"{letter.consumer} {letter.event_id}", message)


async def _notifications(rooms: Mapping[str, Any], grace: float) -> AsyncIterator[Finding]:
    for room, prefix in TOLD_BY.items():
        types = sorted(name for name, each in ANNOUNCEMENTS.items() if name.startswith(prefix) and not each.staff)
        async for page in messages.told_events(rooms[room], types):
            counts = await messages.notification_counts(rooms["notification"], [event for event, _, _ in page])
            forgotten = await messages.forgotten(rooms["auth"], [user_id for _, _, user_id in page])
            for event_id, kind, user_id in page:
                count = counts.get((event_id, user_id), 0)
                if count != 1 and user_id not in forgotten:
                    code = "NOT_TOLD" if count == 0 else "TOLD_TWICE"
                    yield Finding(code, f"user {user_id}", f"{kind} {event_id} led to {count} notifications")


async def _books(payment: Any, books: Path) -> AsyncIterator[Finding]:
    """The provider's view of the money: what it took and gave back under each intent, and no intent of nobody."""
    for page in intents(books):
        attempts = await facts.attempts(payment, [intent.attempt_id for intent in page if intent.attempt_id])
        for intent in page:
            attempt = attempts.get(intent.attempt_id) if intent.attempt_id else None
            for code, message in intent_complaints(intent, attempt):
                yield Finding(code, intent.id, message)
