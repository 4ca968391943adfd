"""Of two moves that exclude each other, made at once, one wins; the other is told where the order stands (S-034)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from subgraphs.order.domain.status import OrderStatus, may_move
from subgraphs.order.tables import DB
from tests.subgraphs.order.conftest import InsertOrders, Shop

_ERRORS = """errors {
  __typename code ... on InvalidTransitionError { from to allowed } ... on ConflictError { currentVersion } }"""
_MOVE = f"""mutation($id: ID!, $to: OrderStatus!) {{
  answer: transitionOrder(id: $id, to: $to, version: 1) {{ order {{ status }} {_ERRORS} }} }}"""
_CANCEL = f"mutation($id: ID!) {{ answer: cancelOrder(id: $id) {{ order {{ status }} {_ERRORS} }} }}"
_STAFF: dict[str, Any] = {"as_user": UUID(int=9), "scopes": ("orders:write", "orders:read")}
_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'
"""

Deed = Callable[[], Awaitable[dict[str, Any]]]
CANCELLED = OrderStatus.CANCELLED


class Race:
    """One order in ``status``, and who may do what to it."""

    def __init__(self, shop: Shop, order: UUID, buyer: UUID) -> None:
        self._shop = shop
        self._order = order
        self._buyer = buyer

    async def move(self, to: OrderStatus) -> dict[str, Any]:
        """By staff, who have seen the first version."""
        answer: dict[str, Any] = (
            await self._shop.order.query(_MOVE, {"id": str(self._order), "to": to.name}, **_STAFF)
        )["answer"]
        return answer

    async def cancel(self) -> dict[str, Any]:
        """By the buyer, whatever the version."""
        answer: dict[str, Any] = (await self._shop.order.query(_CANCEL, {"id": str(self._order)}, as_user=self._buyer))[
            "answer"
        ]
        return answer

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
        """Until the block ends nobody comes to the order; gives a wait until so many stand before it."""
        connection: Any = await asyncpg.connect(**self._shop.order.room.settings.database.connect_arguments())
        watcher: Any = await asyncpg.connect(**self._shop.order.room.settings.database.connect_arguments())

        async def until_waiting(count: int) -> None:
            async with asyncio.timeout(30):
                while True:
                    if await watcher.fetchval(_WAITING) >= count:
                        return
                    await asyncio.sleep(0.01)

        try:
            async with connection.transaction():
                await connection.fetch("SELECT 1 FROM orders WHERE id = $1 FOR UPDATE", self._order)
                yield until_waiting
        finally:
            await watcher.close()
            await connection.close()

    async def run(self, *deeds: Deed) -> list[dict[str, Any]]:
        """All at once, in the order in which they came to the order's row."""
        async with self.start() as until_waiting:
            tasks = []
            for number, deed in enumerate(deeds, 1):
                tasks.append(asyncio.ensure_future(deed()))
                await until_waiting(number)
        return await asyncio.gather(*tasks)

    async def story(self) -> list[str]:
        """The statuses after the first, and no event that says otherwise."""
        rows = await DB.fetch(
            "SELECT status FROM order_status_history WHERE order_id = $1 ORDER BY created_at, id", self._order
        )
        told = await DB.fetch("SELECT type FROM outbox WHERE aggregate = $1 ORDER BY id", f"order:{self._order}")
        story = [row["status"] for row in rows][1:]
        assert [row["type"] for row in told] == [f"order.{status}" for status in story]
        assert await DB.fetch_value("SELECT status FROM orders WHERE id = $1", self._order) == story[-1]
        return story


async def _race(shop: Shop, insert_orders: InsertOrders, status: OrderStatus) -> Race:
    buyer = uuid4()
    (order,) = await insert_orders(buyer, status=status.value)
    return Race(shop, order, buyer)


def _refused(answer: dict[str, Any], stands: set[str], to: OrderStatus, allowed: list[str]) -> None:
    (error,) = answer["errors"]
    assert answer["order"] is None
    assert error.pop("from") in stands
    assert error == {
        "__typename": "InvalidTransitionError",
        "code": "INVALID_TRANSITION",
        "to": to.name,
        "allowed": allowed,
    }


@pytest.mark.parametrize("by_staff", [False, True], ids=["the buyer", "staff"])
async def test_who_ships_first_is_not_cancelled(shop: Shop, insert_orders: InsertOrders, by_staff: bool) -> None:
    race = await _race(shop, insert_orders, OrderStatus.PROCESSING)
    cancel: Deed = (lambda: race.move(CANCELLED)) if by_staff else race.cancel
    shipped, late = await race.run(lambda: race.move(OrderStatus.SHIPPED), cancel)
    assert shipped == {"order": {"status": "SHIPPED"}, "errors": []}
    _refused(late, {"SHIPPED"}, CANCELLED, ["DELIVERED"])
    assert await race.story() == ["shipped"]


@pytest.mark.parametrize("by_staff", [False, True], ids=["the buyer", "staff"])
@pytest.mark.parametrize(
    ("stands", "to"),
    [
        (OrderStatus.PENDING, OrderStatus.CONFIRMED),
        (OrderStatus.CONFIRMED, OrderStatus.PROCESSING),
        (OrderStatus.PROCESSING, OrderStatus.SHIPPED),
    ],
)
async def test_who_cancels_first_is_not_overtaken(
    shop: Shop, insert_orders: InsertOrders, stands: OrderStatus, to: OrderStatus, by_staff: bool
) -> None:
    """While money and goods are on their way back the order stands where it stood, and nothing is allowed."""
    race = await _race(shop, insert_orders, stands)
    cancel: Deed = (lambda: race.move(CANCELLED)) if by_staff else race.cancel
    cancelled, late = await race.run(cancel, lambda: race.move(to))
    assert cancelled == {"order": {"status": "CANCELLED"}, "errors": []}
    _refused(late, {stands.name, "CANCELLED"}, to, [])
    assert await race.story() == ["cancelled"]
    _refused(await race.move(to), {"CANCELLED"}, to, [])


@pytest.mark.parametrize("stands", [OrderStatus.PENDING, OrderStatus.CONFIRMED])
async def test_a_cancellation_that_saw_another_version_is_a_conflict(
    shop: Shop, insert_orders: InsertOrders, stands: OrderStatus
) -> None:
    """It may still be cancelled where it is now, but whoever asked has not seen it there."""
    to = next(target for target in OrderStatus if target is not CANCELLED and may_move(stands, target))
    race = await _race(shop, insert_orders, stands)
    moved, late = await race.run(lambda: race.move(to), lambda: race.move(CANCELLED))
    assert moved == {"order": {"status": to.name}, "errors": []}
    assert late["errors"] == [{"__typename": "ConflictError", "code": "VERSION_CONFLICT", "currentVersion": 2}]
    assert await race.story() == [to.value]


async def test_many_who_ship_and_cancel_at_once_leave_one_outcome(shop: Shop, insert_orders: InsertOrders) -> None:
    for _ in range(5):
        race = await _race(shop, insert_orders, OrderStatus.PROCESSING)
        deeds: list[Deed] = [lambda race=race: race.move(OrderStatus.SHIPPED), race.cancel] * 3  # type: ignore[misc]
        answers = await asyncio.gather(*(deed() for deed in deeds))
        won = [answer["order"]["status"] for answer in answers if not answer["errors"]]
        assert len(won) == 1
        assert await race.story() == [won[0].lower()]
        for answer in answers:
            for error in answer["errors"]:
                assert error["code"] in {"INVALID_TRANSITION", "CANCELLATION_IN_PROGRESS"}
