"""Junk in any argument of any staff mutation: refused with its path or taken as it is, never an accident (S-108)."""

from __future__ import annotations

import copy
import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

AS_STAFF: dict[str, Any] = {"as_user": UUID(int=11), "scopes": ["catalog:read", "catalog:write", "stock:write"]}
ERRORS = "errors { message code path }"
MUTATIONS = {
    "createProduct": "($input: ProductInput!) { result: createProduct(input: $input)",
    "updateProduct": "($id: ID!, $version: Int!, $input: ProductInput!) "
    "{ result: updateProduct(id: $id, version: $version, input: $input)",
    "archiveProduct": "($id: ID!) { result: archiveProduct(id: $id)",
    "restoreProduct": "($id: ID!) { result: restoreProduct(id: $id)",
    "bulkUpsertProducts": "($input: [ProductInput!]!) { result: bulkUpsertProducts(input: $input)",
    "adjustStock": "($id: ID!, $delta: Int!, $reason: String!, $key: ID!) "
    "{ result: adjustStock(productId: $id, delta: $delta, reason: $reason, idempotencyKey: $key)",
    "createCategory": "($input: CategoryInput!) { result: createCategory(input: $input)",
    "moveCategory": "($id: ID!, $parent: ID) { result: moveCategory(id: $id, parentId: $parent)",
}
JUNK: list[Any] = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202e",
    "💡" * 300,
    "x" * 900_000,
    "' OR 1=1 --",
    "İ",
    "e\u0301",
    "%s",
]
JUNK += [
    "-1",
    "-0",
    "1e9",
    "NaN",
    "1.005",
    "99999999.99",
    "100000000",
    "0",
    "JPY",
    "usd",
    "//x",
    "\\",
    "\ufeff",
    "../x",
]
JUNK += [None, [], {}, [None], True, 0, -1, 2**31 - 1, 2**31, -(2**31), 0.1, str(UUID(int=0)), str(UUID(int=0)) + " "]
TABLES = (
    "products",
    "product_images",
    "product_specifications",
    "categories",
    "outbox",
    "idempotency_keys",
    "audit_log",
)


async def everything() -> list[Any]:
    return [[tuple(row) for row in await DB.fetch(f"SELECT * FROM {table} ORDER BY 1")] for table in TABLES]


def spoiled(variables: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """One or two values anywhere in the variables replaced by junk."""
    result = copy.deepcopy(variables)
    for _ in range(dice.randint(1, 2)):
        place: Any = result
        while True:
            key = dice.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if place[key] and isinstance(place[key], dict | list) and dice.random() < 0.9:
                place = place[key]
            else:
                place[key] = dice.choice(JUNK)
                break
    return result


@pytest.mark.parametrize("name", MUTATIONS)
async def test_junk(room: RoomClient, stockroom, name: str) -> None:
    dice = random.Random(name)  # noqa: S311 - repeatable junk
    category, product = str(await stockroom.category("Lamps")), str(await stockroom.product(sku="KNOWN"))
    entry = {
        "sku": "NEW",
        "name": "Lamp",
        "slug": "lamp",
        "description": "d",
        "longDescription": "l",
        "categoryId": category,
        "price": "1.00",
        "currency": "USD",
        "images": [{"url": "/a.webp", "altText": "a", "isPrimary": True, "sortOrder": 1}],
        "specifications": [{"key": "k", "value": "v"}],
        "active": True,
    }
    valid: dict[str, dict[str, Any]] = {
        "createProduct": {"input": entry},
        "updateProduct": {"id": product, "version": 1, "input": entry},
        "archiveProduct": {"id": product},
        "restoreProduct": {"id": product},
        "bulkUpsertProducts": {"input": [{**entry, "sku": "KNOWN", "slug": "known"}, entry]},
        "adjustStock": {"id": product, "delta": 1, "reason": "count", "key": "k"},
        "createCategory": {"input": {"name": "Beds", "slug": "beds", "parentId": category, "description": "d"}},
        "moveCategory": {"id": category, "parent": str(uuid4())},
    }
    mutation = f"mutation{MUTATIONS[name]} {{ {ERRORS} }} }}"
    before = await everything()
    for _ in range(40):
        variables = spoiled(valid[name], dice)
        answer = await room.send(mutation, variables, **AS_STAFF)
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= {"BAD_REQUEST", "BAD_USER_INPUT"}, (variables, answer)
        refusals = [] if codes else answer["data"]["result"]["errors"]
        assert all(refusal["path"] for refusal in refusals), refusals
        if codes or refusals:
            assert await everything() == before, variables
        before = await everything()
