"""Mutations of product, interrupted at every call: one transaction each (S-111)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.interrupted.trials import Asked, Case, Contents, Trials
from tests.subgraphs.product.conftest import Stockroom

pytestmark = pytest.mark.usefixtures("breakable_stores")

STAFF = {"as_user": UUID(int=9), "scopes": ["catalog:write", "stock:write", "reviews:moderate"]}
SERVICE = {"as_service": "order"}


class Catalog:
    """Requests that would succeed."""

    def __init__(self, room: RoomClient, stockroom: Stockroom) -> None:
        self.room = room
        self.stockroom = stockroom

    def asked(self, variables: dict[str, Any], caller: dict[str, Any]) -> Asked:
        return Asked(variables, lambda document, given: self.room.send(document, given, **caller))

    def by_staff(self, make: Callable[[], Awaitable[dict[str, Any]]]) -> Callable[[], Awaitable[Asked]]:
        async def prepare() -> Asked:
            return self.asked(await make(), STAFF)

        return prepare

    async def entry(self, **changes: Any) -> dict[str, Any]:
        mark = uuid4().hex[:10]
        return {
            "sku": f"S-{mark}",
            "name": "Lamp",
            "slug": f"lamp-{mark}",
            "description": "d",
            "categoryId": str(await self.stockroom.category()),
            "price": "1.00",
            "currency": "USD",
            "images": [{"url": "/a.webp", "altText": "a", "isPrimary": True, "sortOrder": 1}],
            "specifications": [{"key": "k", "value": "v"}],
            "active": True,
            **changes,
        }

    async def archived(self) -> str:
        product = await self.stockroom.product()
        await DB.execute("UPDATE products SET is_active = false, deleted_at = now() WHERE id = $1", product)
        return str(product)

    async def known(self) -> str:
        return str(await self.stockroom.product(images=1, specs={"k": "v"}))

    async def create(self) -> dict[str, Any]:
        return {"input": await self.entry()}

    async def update(self) -> dict[str, Any]:
        return {"id": await self.known(), "version": 1, "input": await self.entry()}

    async def archive(self) -> dict[str, Any]:
        return {"id": await self.known()}

    async def restore(self) -> dict[str, Any]:
        return {"id": await self.archived()}

    async def bulk(self) -> dict[str, Any]:
        sku = f"K-{uuid4().hex[:10]}"
        await self.stockroom.product(sku=sku)
        return {"input": [await self.entry(sku=sku), await self.entry()]}

    async def count(self) -> dict[str, Any]:
        product = str(await self.stockroom.product(stock=8))
        return {"productId": product, "delta": -5, "reason": "count", "idempotencyKey": uuid4().hex}

    async def category(self) -> dict[str, Any]:
        mark = uuid4().hex[:10]
        parent = str(await self.stockroom.category())
        return {"input": {"name": mark, "slug": mark, "parentId": parent, "description": "d"}}

    async def move(self) -> dict[str, Any]:
        return {"id": str(await self.stockroom.category()), "parentId": str(await self.stockroom.category())}

    async def moderate(self) -> dict[str, Any]:
        review = await self.stockroom.review(await self.stockroom.product())
        return {"id": str(review), "status": "REJECTED", "reason": "r"}

    async def review(self) -> Asked:
        given = {"productId": str(await self.stockroom.product()), "rating": 4, "title": "t", "comment": "c"}
        return self.asked({"input": given}, {"as_user": uuid4()})

    async def rewrite(self) -> Asked:
        author, product = uuid4(), await self.stockroom.product()
        given = {"productId": str(product), "rating": 1, "title": "t", "comment": "c"}
        return self.asked(
            {"id": str(await self.stockroom.review(product, author)), "input": given}, {"as_user": author}
        )

    async def remove(self) -> Asked:
        author = uuid4()
        return self.asked(
            {"id": str(await self.stockroom.review(await self.stockroom.product(), author))}, {"as_user": author}
        )

    async def vote(self) -> Asked:
        foreign = await self.stockroom.review(await self.stockroom.product())
        return self.asked({"id": str(foreign), "helpful": True}, {"as_user": uuid4()})

    async def hold(self) -> Asked:
        lines = [{"productId": str(await self.stockroom.product()), "quantity": 3} for _ in range(2)]
        return self.asked({"orderId": str(uuid4()), "lines": lines, "ttlSeconds": 60}, SERVICE)

    async def held(self) -> str:
        reservation = await self.hold()
        document = (
            "mutation($orderId: ID!, $lines: [StockLine!]!, $ttlSeconds: Int!) "
            "{ reserveStock(orderId: $orderId, lines: $lines, ttlSeconds: $ttlSeconds) { ok } }"
        )
        answer = await reservation.send(document, reservation.variables)
        assert answer == {"data": {"reserveStock": {"ok": True}}, "extensions": answer["extensions"]}
        return str(reservation.variables["orderId"])

    async def commit(self) -> Asked:
        return self.asked({"orderId": await self.held()}, SERVICE)

    async def release(self) -> Asked:
        return self.asked({"orderId": await self.held(), "reason": "r"}, SERVICE)


async def test_product(room: RoomClient, stockroom: Stockroom) -> None:
    desk = Catalog(room, stockroom)
    cases = {
        "createReview": Case(desk.review, again=["ALREADY_REVIEWED"]),
        "updateReview": Case(desk.rewrite),
        "deleteReview": Case(desk.remove, again=["NOT_FOUND"]),
        "voteReview": Case(desk.vote),
        "moderateReview": Case(desk.by_staff(desk.moderate)),
        "createProduct": Case(desk.by_staff(desk.create), again=["SKU_TAKEN", "SLUG_TAKEN"]),
        "updateProduct": Case(desk.by_staff(desk.update), again=["VERSION_CONFLICT"]),
        "archiveProduct": Case(desk.by_staff(desk.archive)),
        "restoreProduct": Case(desk.by_staff(desk.restore)),
        "bulkUpsertProducts": Case(desk.by_staff(desk.bulk)),
        "adjustStock": Case(desk.by_staff(desk.count)),
        "createCategory": Case(desk.by_staff(desk.category), again=["NAME_TAKEN", "SLUG_TAKEN", "CATEGORY_NAME_TAKEN"]),
        "moveCategory": Case(desk.by_staff(desk.move)),
        "reserveStock": Case(desk.hold, succeeded=lambda result: result["ok"] and result["state"] == "HELD"),
        "commitReservation": Case(
            desk.commit, succeeded=lambda result: result["ok"] and result["state"] == "COMMITTED"
        ),
        "releaseReservation": Case(
            desk.release, succeeded=lambda result: result["ok"] and result["state"] == "RELEASED"
        ),
    }
    await Trials("product", Contents([DB])).all(cases)
