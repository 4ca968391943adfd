"""A thousand products at once: the same few statements as for one, all or none, every fault with its row (S-122)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

AS_STAFF: dict[str, Any] = {"as_user": UUID(int=11), "scopes": ["catalog:write"]}
BULK = """mutation($input: [ProductInput!]!) {
  result: bulkUpsertProducts(input: $input) { created updated errors { __typename code path } } }"""


def rows(count: int, first: int = 0, **values: Any) -> list[dict[str, Any]]:
    return [
        {
            "sku": f"S-{number}",
            "name": "Blue Lamp",
            "price": f"{number}.50",
            "currency": "USD",
            "images": [{"url": f"/{number}.webp"}, {"url": "/back.webp"}],
            "specifications": [{"key": "Number", "value": str(number)}, {"key": "Colour", "value": "blue"}],
            **values,
        }
        for number in range(first, first + count)
    ]


async def bulk(room: RoomClient, given: list[dict[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = (await room.query(BULK, {"input": given}, **AS_STAFF))["result"]
    return result


def outcome(created: int, updated: int) -> dict[str, Any]:
    return {"created": created, "updated": updated, "errors": []}


async def stored() -> list[Any]:
    tables = ("products", "product_images", "product_specifications", "outbox")
    return [[tuple(row) for row in await DB.fetch(f"SELECT * FROM {table} ORDER BY id")] for table in tables]


@pytest.mark.parametrize("size", [2, 1000])
async def test_the_number_of_statements_does_not_grow(room: RoomClient, stockroom, size: int) -> None:
    shelf = str(await stockroom.category("Lamps"))
    half = size // 2
    assert await room.statements(BULK, {"input": rows(half, categoryId=shelf)}, **AS_STAFF) == 10
    assert await room.statements(BULK, {"input": rows(size, categoryId=shelf)}, **AS_STAFF) == 11
    assert await DB.fetch_value("SELECT count(*) FROM products WHERE category_id IS NOT NULL") == size
    assert await DB.fetch_value("SELECT count(DISTINCT slug) FROM products") == size
    assert await DB.fetch_value("SELECT count(*) FROM product_images") == 2 * size
    assert await DB.fetch_value("SELECT count(*) FROM product_specifications") == 2 * size
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'product.updated'") == half + size
    assert await DB.fetch_value("SELECT count(*) FROM products WHERE version = 2") == half


async def test_new_ones_are_added_and_known_ones_rewritten(room: RoomClient, stockroom) -> None:
    known = await stockroom.product(sku="S-1", slug="known", stock=9, description="kept", images=1)
    assert await bulk(room, rows(3)) == outcome(created=2, updated=1)
    row = await DB.fetch_row("SELECT * FROM products WHERE id = $1", known)
    assert (row["slug"], row["stock"], row["description"], row["version"]) == ("known", 9, "kept", 2)
    assert str(row["price"]) == "1.50"
    images = await DB.fetch("SELECT image_url FROM product_images WHERE product_id = $1 ORDER BY sort_order", known)
    assert [image[0] for image in images] == ["/1.webp", "/back.webp"]
    assert await bulk(room, []) == outcome(created=0, updated=0)


async def test_archived_products_are_not_told_by_their_sku(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(sku="S-0", active=False)
    await DB.execute("UPDATE products SET deleted_at = now() WHERE id = $1", product)
    assert await bulk(room, rows(1)) == outcome(created=1, updated=0)
    assert await DB.fetch_value("SELECT name FROM products WHERE id = $1", product) == "Lamp"


async def test_one_bad_row_spoils_all_and_is_named(room: RoomClient, stockroom) -> None:
    await stockroom.product(sku="OTHER", slug="taken")
    before = await stored()
    bad = rows(6)
    bad[1]["price"] = "1.005"
    bad[3]["sku"] = "S-2"
    bad[4]["images"] = [{"url": "ftp://x"}]
    assert await bulk(room, bad) == {
        "created": 0,
        "updated": 0,
        "errors": [
            {"__typename": "ValidationError", "code": "SKU_REPEATED", "path": ["input", "3", "sku"]},
            {"__typename": "ValidationError", "code": "AMOUNT_SCALE", "path": ["input", "1", "price"]},
            {"__typename": "ValidationError", "code": "URL_INVALID", "path": ["input", "4", "images", "0", "url"]},
        ],
    }
    colliding = rows(5)
    colliding[0]["slug"] = "taken"
    colliding[1]["slug"] = colliding[2]["slug"] = "twice"
    colliding[4]["categoryId"] = str(uuid4())
    assert (await bulk(room, colliding))["errors"] == [
        {"__typename": "ConflictError", "code": "SLUG_TAKEN", "path": ["input", "0", "slug"]},
        {"__typename": "ConflictError", "code": "SLUG_TAKEN", "path": ["input", "2", "slug"]},
        {"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["input", "4", "categoryId"]},
    ]
    assert await stored() == before


async def test_too_many_rows_and_too_many_faults(room: RoomClient) -> None:
    refused = await bulk(room, rows(1001, images=[], specifications=[]))
    assert refused["errors"] == [{"__typename": "ValidationError", "code": "TOO_MANY_ROWS", "path": ["input"]}]
    assert len((await bulk(room, rows(300, name="")))["errors"]) == 100
    assert (await stored())[0] == []


async def test_parallel_bulk_edits_of_the_same_products(room: RoomClient) -> None:
    results = await asyncio.gather(*(bulk(room, rows(40, first=first)[::step]) for first, step in _CROSSED))
    assert all(result["errors"] == [] for result in results)
    assert sum(result["created"] for result in results) == 60
    assert await DB.fetch_value("SELECT count(*) FROM products") == 60
    versions = await DB.fetch_value("SELECT sum(version) FROM products")
    assert versions == sum(result["created"] + result["updated"] for result in results)


_CROSSED = [(0, 1), (20, -1), (10, 1), (0, -1), (20, 1)]


async def test_only_catalog_staff(room: RoomClient) -> None:
    answer = await room.send(BULK, {"input": rows(1)}, as_user=uuid4(), scopes=["catalog:read", "stock:write"])
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await stored())[0] == []
