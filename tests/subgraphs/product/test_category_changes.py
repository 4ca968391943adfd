"""Staff shape the category tree: no cycles, no two siblings of one name, also under races (S-026, D14)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

AS_STAFF: dict[str, Any] = {"as_user": UUID(int=11), "scopes": ["catalog:write"]}
PAYLOAD = "{ category { id slug name description parent { name } } errors { __typename code path } }"
CREATE = f"mutation($input: CategoryInput!) {{ result: createCategory(input: $input) {PAYLOAD} }}"
MOVE = f"mutation($id: ID!, $parent: ID) {{ result: moveCategory(id: $id, parentId: $parent) {PAYLOAD} }}"


async def change(room: RoomClient, mutation: str, **variables: Any) -> dict[str, Any]:
    result: dict[str, Any] = (await room.query(mutation, variables, **AS_STAFF))["result"]
    return result


async def created(room: RoomClient, name: str, parent: str | None = None, **values: Any) -> dict[str, Any]:
    result = await change(room, CREATE, input={"name": name, "parentId": parent, **values})
    assert result["errors"] == []
    category: dict[str, Any] = result["category"]
    return category


def fault(result: dict[str, Any]) -> tuple[str, str, list[str]]:
    [error] = result["errors"]
    assert result["category"] is None
    return error["__typename"], error["code"], error["path"]


async def tree() -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await DB.fetch("SELECT id, parent_id, name, slug FROM categories ORDER BY id")]


async def test_new_categories_get_slugs_that_tell_them_apart(room: RoomClient) -> None:
    phones = await created(room, " Phones ", description="Everything\nthat rings")
    assert (phones["name"], phones["slug"], phones["parent"]) == ("Phones", "phones", None)
    assert phones["description"] == "Everything\nthat rings"
    lamps = await created(room, "Lamps", slug="all-lamps")
    first = await created(room, "Accessories", phones["id"])
    second = await created(room, "Accessories", lamps["id"])
    assert (first["slug"], second["slug"]) == ("accessories", "accessories-all-lamps")
    assert second["parent"] == {"name": "Lamps"}
    assert (await created(room, "灯"))["slug"] == "category"
    assert len((await created(room, "n" * 100, phones["id"]))["slug"]) <= 100


async def test_unacceptable_categories(room: RoomClient) -> None:
    lamps = await created(room, "Lamps")
    before = await tree()
    invalid = "ValidationError"
    for values, expected in [
        ({"name": "lAMPS"}, ("ConflictError", "CATEGORY_NAME_TAKEN", ["input", "name"])),
        ({"slug": "lamps"}, ("ConflictError", "SLUG_TAKEN", ["input", "slug"])),
        ({"slug": "Lamps!"}, (invalid, "SLUG_INVALID", ["input", "slug"])),
        ({"slug": "s" * 101}, (invalid, "SLUG_INVALID", ["input", "slug"])),
        ({"name": "\u2003"}, (invalid, "TEXT_EMPTY", ["input", "name"])),
        ({"name": "n" * 101}, (invalid, "TEXT_TOO_LONG", ["input", "name"])),
        ({"name": "a\x00"}, (invalid, "TEXT_INVALID", ["input", "name"])),
        ({"description": "x" * 5001}, (invalid, "TEXT_TOO_LONG", ["input", "description"])),
        ({"parentId": str(uuid4())}, ("NotFoundError", "NOT_FOUND", ["input", "parentId"])),
        ({"parentId": "lamps"}, ("NotFoundError", "NOT_FOUND", ["input", "parentId"])),
        ({"parentId": ""}, ("NotFoundError", "NOT_FOUND", ["input", "parentId"])),
    ]:
        assert fault(await change(room, CREATE, input={"name": "Beds", **values})) == expected, values
    assert await tree() == before
    await DB.execute("UPDATE categories SET deleted_at = now()")
    missing = await change(room, CREATE, input={"name": "Beds", "parentId": lamps["id"]})
    assert fault(missing) == ("NotFoundError", "NOT_FOUND", ["input", "parentId"])
    assert (await created(room, "Lamps"))["slug"] == "lamps"


async def test_moving_takes_what_is_below_along(room: RoomClient, stockroom) -> None:
    home, garden = await created(room, "Home"), await created(room, "Garden")
    lamps = await created(room, "Lamps", home["id"])
    bulbs = await created(room, "Bulbs", lamps["id"])
    await stockroom.product(category=UUID(bulbs["id"]))
    assert (await change(room, MOVE, id=lamps["id"], parent=garden["id"]))["category"]["parent"] == {"name": "Garden"}
    found = await room.query('{ category(by: {slug: "bulbs"}) { ancestors { name } } }')
    assert [each["name"] for each in found["category"]["ancestors"]] == ["Garden", "Lamps"]
    assert (await room.query('{ category(by: {slug: "garden"}) { productCount } }'))["category"]["productCount"] == 1
    assert (await change(room, MOVE, id=lamps["id"], parent=garden["id"]))["errors"] == []
    assert (await change(room, MOVE, id=lamps["id"]))["category"]["parent"] is None


async def test_no_category_lies_below_itself(room: RoomClient) -> None:
    top = await created(room, "Top")
    middle = await created(room, "Middle", top["id"])
    bottom = await created(room, "Bottom", middle["id"])
    before = await tree()
    for parent in (top, middle, bottom):
        refused = await change(room, MOVE, id=top["id"], parent=parent["id"])
        assert fault(refused) == ("ValidationError", "CATEGORY_CYCLE", ["parentId"])
    assert await tree() == before


async def test_unacceptable_moves(room: RoomClient) -> None:
    home, lamps = await created(room, "Home"), await created(room, "Lamps")
    inner = await created(room, "LAMPS", home["id"])
    before = await tree()
    for arguments, expected in [
        ({"id": lamps["id"], "parent": home["id"]}, ("ConflictError", "CATEGORY_NAME_TAKEN", ["parentId"])),
        ({"id": inner["id"], "parent": None}, ("ConflictError", "CATEGORY_NAME_TAKEN", ["parentId"])),
        ({"id": str(uuid4()), "parent": None}, ("NotFoundError", "NOT_FOUND", ["id"])),
        ({"id": "x\x00", "parent": None}, ("NotFoundError", "NOT_FOUND", ["id"])),
        ({"id": lamps["id"], "parent": str(uuid4())}, ("NotFoundError", "NOT_FOUND", ["parentId"])),
        ({"id": lamps["id"], "parent": "💡"}, ("NotFoundError", "NOT_FOUND", ["parentId"])),
    ]:
        assert fault(await change(room, MOVE, **arguments)) == expected
    assert await tree() == before


async def test_crossed_moves_close_no_cycle(room: RoomClient) -> None:
    circle = [(await created(room, f"Category {number}"))["id"] for number in range(6)]
    pairs = zip(circle, [*circle[1:], circle[0]], strict=True)
    results = await asyncio.gather(*(change(room, MOVE, id=child, parent=parent) for child, parent in pairs))
    refused = [result for result in results if result["errors"]]
    assert [fault(result)[1] for result in refused] == ["CATEGORY_CYCLE"]
    assert await DB.fetch_value("SELECT count(*) FROM categories WHERE parent_id IS NULL") == 1


async def test_siblings_of_one_name_at_once(room: RoomClient) -> None:
    results = await asyncio.gather(*(change(room, CREATE, input={"name": "Lamps"}) for _ in range(6)))
    assert sorted(len(result["errors"]) for result in results) == [0, 1, 1, 1, 1, 1]
    assert len(await tree()) == 1


async def test_only_catalog_staff(room: RoomClient, stockroom) -> None:
    lamps = await stockroom.category("Lamps")
    before = await tree()
    for mutation, variables in [(CREATE, {"input": {"name": "Beds"}}), (MOVE, {"id": str(lamps)})]:
        for caller in ({"as_user": uuid4(), "scopes": ["catalog:read"]}, {"as_service": "order"}):
            answer = await room.send(mutation, variables, **caller)
            assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert (await room.send(mutation, variables))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await tree() == before
