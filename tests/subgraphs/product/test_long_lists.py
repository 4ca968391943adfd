"""Lists without pages end at their maximum, each parent's by itself (S-118)."""

from __future__ import annotations

from uuid import UUID

import pytest

from subgraphs.product.repository import categories, search
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.product.conftest import Stockroom

_CHILDREN = "query($id: ID!) { category(by: {id: $id}) { children { name } ancestors { name } } }"


async def _names(room: RoomClient, category: UUID, field: str) -> list[str]:
    found = await room.query(_CHILDREN, {"id": str(category)})
    return [each["name"] for each in found["category"][field]]


async def test_categories_end(room: RoomClient, stockroom: Stockroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(categories, "MAX_CATEGORIES", 2)
    first, second = await stockroom.category("A"), await stockroom.category("B")
    for parent, names in ((first, "MNOP"), (second, "XYZ")):
        for name in names:
            await stockroom.category(name, parent)
    assert await _names(room, first, "children") == ["M", "N"]
    assert await _names(room, second, "children") == ["X", "Y"]
    everything = await room.query("{ categories(rootOnly: false) { name } }")
    assert [each["name"] for each in everything["categories"]] == ["A", "B"]


async def test_of_a_deep_tree_the_nearest_are_told(
    room: RoomClient, stockroom: Stockroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "MAX_DEPTH", 2)
    parent = None
    for name in "PQRS":
        parent = await stockroom.category(name, parent)
    assert parent is not None
    assert await _names(room, parent, "ancestors") == ["Q", "R"]


async def test_facets_end(room: RoomClient, stockroom: Stockroom, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await stockroom.product("Lamp")
    await DB.execute(
        "INSERT INTO product_specifications (product_id, key, value) "
        "SELECT $1, 'k' || n, 'v' FROM generate_series(1, 9) AS n",
        product,
    )
    ask = '{ search(query: "lamp") { facets { name } } }'
    assert len((await room.query(ask))["search"]["facets"]) > 6
    monkeypatch.setattr(search, "MAX_FACETS", 6)
    assert len((await room.query(ask))["search"]["facets"]) == 6
