"""What the workers ask again and again finds what is due by an index, however much is done already (S-120).

Like ``hot_statements`` on the large shop, whose workers' tables get a ``past`` first. All of it is in a transaction
that is rolled back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from bench.shop import Passed, Statement, environment, watching_statements
from ops.reconcile import facts, pages
from ops.reconcile import messages as told
from subgraphs.auth import erasures
from subgraphs.auth import upkeep as auth_upkeep
from subgraphs.auth.tables import DB as AUTH
from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.database import Database, StatementLog, statement_log
from subgraphs.kernel.event_metrics import waiting
from subgraphs.kernel.events import Event
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outbox import Publisher
from subgraphs.kernel.settings import RoomSettings
from subgraphs.kernel.upkeep import SHARED as UPKEEP_OF_ALL
from subgraphs.kernel.upkeep import Upkeep, delete_old
from subgraphs.notification import upkeep as notification_upkeep
from subgraphs.notification.domain import Channel
from subgraphs.notification.repository import deliveries
from subgraphs.notification.tables import DB as NOTIFICATION
from subgraphs.order import upkeep as order_upkeep
from subgraphs.order.repository import sagas
from subgraphs.order.tables import DB as ORDER
from subgraphs.payment import upkeep as payment_upkeep
from subgraphs.payment.repository import attempts, messages, methods, refunds
from subgraphs.payment.tables import DB as PAYMENT
from subgraphs.product import upkeep as product_upkeep
from subgraphs.product.repository import products, reservations
from subgraphs.product.tables import DB as PRODUCT
from tests.plans.hot_statements import DATA, SCALE, Explained
from tests.plans.past import PAST, SHARED

_PAGE = 100
"""Rows of one page of ``reconcile``: few enough that reading one is not reading much."""
_GRACE = 60.0

_STREAM = "events:plans"
_ON_LEADING = "UPDATE outbox SET published_at = NULL"
"""What the relay does once, when it begins to lead: not what is asked again and again."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker asks in one round."""

    database: Database
    round: Callable[[], Awaitable[Any]]


class _Connection:
    """What the relay needs of its connection, on the transaction of the test."""

    fetch, execute, fetchval = ORDER.fetch, ORDER.execute, ORDER.fetch_value


def _relay(environ: dict[str, str]) -> Callable[[], Awaitable[Any]]:
    async def publish() -> None:
        async with Redis.from_url(environ["REDIS_URL"], decode_responses=True) as redis:
            await redis.xadd(_STREAM, {"event": "that nothing is lost"})
            try:
                await Publisher(_Connection(), redis, _STREAM, RoomMetrics("order")).publish()
            finally:
                await redis.delete(_STREAM)

    return publish


async def _nothing(event: Event, room: RunningRoom) -> None:
    """A handler without effect: the inbox is what is looked at."""


def _inbox() -> Awaitable[Any]:
    event = Event("order.created", "order:1", {})
    settings = RoomSettings.from_env("notification", {"DATABASE_HOST": "unused"})
    return apply_once(RunningRoom("notification", settings, NOTIFICATION), "notification", event, _nothing)


async def _retention(database: Database, upkeep: Upkeep) -> None:
    for each in (*UPKEEP_OF_ALL.retention, *upkeep.retention):
        await delete_old(database, each, datetime.now(UTC))


async def _sweep() -> None:
    await reservations.expire_overdue(await reservations.overdue_products(50))


async def _followed_stock() -> None:
    await products.by_id(await reservations.overdue_products(50))


async def _deliveries() -> None:
    for due in await deliveries.claim_due(list(Channel), 20):
        await deliveries.renew(due)
        await deliveries.record_failure(due, "later", timedelta(seconds=10))
        await deliveries.record_success(due)


async def _ids(database: Database, sql: str) -> list[UUID]:
    """A page's ids, as ``reconcile`` has them from another room or from the page before."""
    return [row[0] for row in await database.fetch(f"{sql} LIMIT {_PAGE}")]


async def _reconciled_orders() -> None:
    async for page in facts.orders(ORDER, _GRACE):
        await facts.existing_orders(ORDER, [order.id for order in page])
        break
    async for _ in told.told_events(ORDER, ["past"]):
        break
    async for _ in told.dead_letters(ORDER):
        break
    await told.unpublished(ORDER, _GRACE)


async def _reconciled_payments() -> None:
    async for page in facts.payment_pages(PAYMENT, _GRACE):
        await facts.payments(PAYMENT, [payment.order_id for payment in page], _GRACE)
        break
    await facts.attempts(PAYMENT, await _ids(PAYMENT, "SELECT id FROM payment_attempts"))


async def _reconciled_holds() -> None:
    await facts.holds(PRODUCT, await _ids(PRODUCT, "SELECT order_id FROM stock_reservations"), _GRACE)


async def _reconciled_stock() -> None:
    async for _ in facts.counted_products(PRODUCT):
        break
    async for _ in facts.held_orders(PRODUCT, _GRACE):
        break


async def _reconciled_notifications() -> None:
    ids = await _ids(NOTIFICATION, "SELECT event_id FROM notifications WHERE event_id IS NOT NULL")
    await told.notification_counts(NOTIFICATION, ids)


async def _reconciled_erasures() -> None:
    await told.forgotten(AUTH, await _ids(AUTH, "SELECT id FROM users"))


WORKERS = {
    "erasures": Worker(AUTH, erasures.lock_due),
    "sweeper": Worker(PRODUCT, _sweep),
    "followed stock": Worker(PRODUCT, _followed_stock),
    "sagas": Worker(ORDER, lambda: sagas.take_due(8)),
    "polls": Worker(PAYMENT, lambda: attempts.take_due(8, 30.0)),
    "refunds": Worker(PAYMENT, lambda: refunds.take_due(8, 30.0)),
    "removed methods": Worker(PAYMENT, lambda: methods.take_removed(8, 60)),
    "webhook": Worker(PAYMENT, lambda: messages.first_time("past", "new", "payment", "0" * 64)),
    "webhook ignored": Worker(PAYMENT, lambda: messages.mark_ignored("past", "7")),
    "webhook refused": Worker(PAYMENT, lambda: messages.insert_refused("past", "forged", "0" * 64, None)),
    "webhook's attempt": Worker(PAYMENT, lambda: attempts.attempt_by_reference("none")),
    "deliveries": Worker(NOTIFICATION, _deliveries),
    "inbox": Worker(NOTIFICATION, _inbox),
    "outbox gauge": Worker(ORDER, lambda: waiting(ORDER)),
    "auth's retention": Worker(AUTH, lambda: _retention(AUTH, auth_upkeep.UPKEEP)),
    "product's retention": Worker(PRODUCT, lambda: _retention(PRODUCT, product_upkeep.UPKEEP)),
    "order's retention": Worker(ORDER, lambda: _retention(ORDER, order_upkeep.UPKEEP)),
    "payment's retention": Worker(PAYMENT, lambda: _retention(PAYMENT, payment_upkeep.UPKEEP)),
    "notification's retention": Worker(NOTIFICATION, lambda: _retention(NOTIFICATION, notification_upkeep.UPKEEP)),
    "reconciled orders": Worker(ORDER, _reconciled_orders),
    "reconciled payments": Worker(PAYMENT, _reconciled_payments),
    "reconciled holds": Worker(PRODUCT, _reconciled_holds),
    "reconciled stock": Worker(PRODUCT, _reconciled_stock),
    "reconciled notifications": Worker(NOTIFICATION, _reconciled_notifications),
    "reconciled erasures": Worker(AUTH, _reconciled_erasures),
}


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    """The large shop's databases."""
    with environment(DATA, SCALE) as found:
        yield found


@pytest.mark.parametrize("name", WORKERS)
def test_what_is_due_is_found_by_an_index(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(pages, "PAGE", _PAGE)
    _look(name, asyncio.run(_explained(environ, WORKERS[name])))


def test_the_relay_finds_what_is_unpublished_by_an_index(environ: dict[str, str]) -> None:
    explained = asyncio.run(_explained(environ, Worker(ORDER, _relay(environ))))
    _look("relay", [each for each in explained if not each.sql.startswith(_ON_LEADING)])


def _look(name: str, explained: list[Explained]) -> None:
    assert explained
    for each in explained:
        print(f"{name:25}{each.plan['Actual Total Time']:9.2f} ms {each.plan['Shared Hit Blocks']:7}  {each.sql[:90]}")
    assert [(fault, each.sql) for each in explained for fault in each.faults()] == []


async def _explained(environ: dict[str, str], worker: Worker) -> list[Explained]:
    database = worker.database
    async with database.opened(RoomSettings.from_env(database.room, environ).database):
        with contextlib.suppress(_RolledBackError):
            async with database.transaction():
                for statement in (*SHARED, *PAST[database.room]):
                    await database.execute(statement)
                found = [await _explain(each) for each in await _asked(worker)]
                raise _RolledBackError
    return found


async def _asked(worker: Worker) -> list[Statement]:
    """The statements of one round, whose effects are undone."""
    passed = Passed()
    await worker.database.execute("SAVEPOINT before")
    token = statement_log.set(StatementLog())
    try:
        with watching_statements(passed):
            await worker.round()
    finally:
        statement_log.reset(token)
    await worker.database.execute("ROLLBACK TO SAVEPOINT before")
    return passed.statements


async def _explain(statement: Statement) -> Explained:
    database = statement.database
    await database.execute("SAVEPOINT explained")
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.sql}"
    [plan] = await database.fetch_value(explain, *statement.arguments)
    await database.execute("ROLLBACK TO SAVEPOINT explained")
    return Explained(database.room, " ".join(statement.sql.split()), plan["Plan"])


class _RolledBackError(Exception):
    """Ends the transaction without a trace."""
