"""What was deleted softly is in no answer, to nobody, until it is brought back (D07, S-112).

Everything that can be read of a subgraph is read before and after a row is deleted, and after it was restored: every
query, and every entity by its key, several levels deep. Archived products are the exception: see the record 0011.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from graphql import get_named_type

from ops.deleted import restore
from subgraphs.auth.domain import SCOPES
from tests.authorization.crawling import arguments_of, everything_below, is_open
from tests.authorization.schemas import schema_of
from tests.authorization.specimens import ENTITIES, REQUIRED
from tests.fixtures.rooms import RoomClient

DEPTH = 4


@dataclass(frozen=True, slots=True)
class Victim:
    """A row of the demo shop that can be read: the column that is marked, and the row with its owner."""

    column: str
    statement: str
    """Of its id, its owner, and the ids of what it is shown with."""
    end: str = ""
    scopes: tuple[str, ...] = ()
    """Of whoever can read it at all."""


VICTIMS = {
    ("auth", "users"): Victim("email", ENTITIES["auth", "User"], "@example.com"),
    ("user", "user_profiles"): Victim(
        "first_name", "SELECT id, user_id AS owner FROM user_profiles ORDER BY id LIMIT 1"
    ),
    ("user", "user_addresses"): Victim("street", ENTITIES["user", "Address"]),
    ("product", "categories"): Victim(
        "name",
        "SELECT c.id, NULL::uuid AS owner, k.id AS child_id FROM categories c JOIN categories k ON k.parent_id = c.id "
        "ORDER BY c.id LIMIT 1",
    ),
    ("product", "categories below"): Victim(
        "name",
        "SELECT c.id, NULL::uuid AS owner, c.parent_id, p.id AS product_id FROM categories c "
        "JOIN products p ON p.category_id = c.id AND p.is_active WHERE c.parent_id IS NOT NULL ORDER BY p.id LIMIT 1",
    ),
    ("product", "product_reviews"): Victim(
        "title",
        "SELECT r.id, r.user_id AS owner, r.product_id FROM product_reviews r JOIN products p ON p.id = r.product_id "
        "WHERE r.status = 'published' AND p.is_active AND p.rating_count BETWEEN 1 AND 5 ORDER BY r.id LIMIT 1",
    ),
    ("payment", "payment_methods"): Victim("brand", ENTITIES["payment", "PaymentMethod"]),
    ("notification", "notification_templates"): Victim(
        "body", "SELECT id, gen_random_uuid() AS owner FROM notification_templates ORDER BY name LIMIT 1", scopes=SCOPES
    ),
}
ARCHIVED = {("product", "products")}


@pytest.mark.parametrize("room", sorted({room for room, _ in VICTIMS}), indirect=True)
async def test_deleted_rows_are_invisible_until_they_are_restored(room: RoomClient) -> None:
    database, name = room.room.database, room.room.name
    for named, victim in [(named, victim) for (where, named), victim in VICTIMS.items() if where == name]:
        row = dict(await database.fetch_row(victim.statement))
        owner, table, mark = row["owner"] or UUID(int=7), named.split()[0], f"zz-{named.replace(' ', '-')}-zz"
        await database.execute(f"UPDATE {table} SET {victim.column} = $2 WHERE id = $1", row["id"], mark + victim.end)
        assert await shows(mark, room, owner, row, scopes=victim.scopes), table
        more = ", is_default = false" if table in ("user_addresses", "payment_methods") else ""
        await database.execute(f"UPDATE {table} SET deleted_at = now(){more} WHERE id = $1", row["id"])
        assert not await shows(mark, room, owner, row), table
        assert not await shows(mark, room, owner, row, scopes=SCOPES), table
        await restore(database, table, row["id"])
        assert await shows(mark, room, owner, row, scopes=victim.scopes), table


@pytest.mark.parametrize("room", ["product"], indirect=True)
async def test_archived_products_are_found_by_staff_that_asks_for_them(room: RoomClient) -> None:
    """Nobody comes across one; whoever has a reference to one reads that it is not on sale."""
    row = dict(await room.room.database.fetch_row(ENTITIES["product", "Product"]))
    key, customer = str(row["id"]), {"as_user": UUID(int=7)}
    staff = {**customer, "scopes": SCOPES}
    await room.room.database.execute("UPDATE products SET name = 'zz-product' WHERE id = $1", row["id"])
    assert "zz-product" in await queried(room, UUID(int=7), row)
    await room.query("mutation($id: ID!) { archiveProduct(id: $id) { errors { code } } }", {"id": key}, **staff)
    assert "zz-product" not in await queried(room, UUID(int=7), row)
    listed = "query($ids: [ID!], $all: Boolean) { products(filter: {ids: $ids, includeArchived: $all}) { totalCount } }"
    for caller, all_, count in ((customer, False, 0), (staff, False, 0), (staff, True, 1)):
        answer = await room.query(listed, {"ids": [key], "all": all_}, **caller)
        assert answer["products"]["totalCount"] == count
    refused = await room.send(listed, {"ids": [key], "all": True}, **customer)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    (found,) = await room.entities("... on Product { name active }", {"__typename": "Product", "id": key}, **customer)
    assert found == {"name": "zz-product", "active": False}
    await room.query("mutation($id: ID!) { restoreProduct(id: $id) { errors { code } } }", {"id": key}, **staff)
    assert "zz-product" in await queried(room, UUID(int=7), row)


async def test_every_table_with_deleted_rows_is_looked_at(room: RoomClient) -> None:
    found = await room.room.database.fetch(
        "SELECT table_name::text AS name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'deleted_at'"
    )
    named = {table.split()[0] for where, table in {*VICTIMS, *ARCHIVED} if where == room.room.name}
    assert {row["name"] for row in found} == named


async def shows(mark: str, room: RoomClient, owner: UUID, row: Mapping[str, Any], **caller: Any) -> bool:
    """Whether the text is anywhere in all that is read."""
    return mark in await crawled(room, owner, row, **caller)


async def crawled(room: RoomClient, owner: UUID, row: Mapping[str, Any], **caller: Any) -> str:
    """Everything that the owner reads of the room, as text: by queries, and of entities by their keys."""
    return await queried(room, owner, row, **caller) + await resolved(room, owner, row, **caller)


async def queried(room: RoomClient, owner: UUID, row: Mapping[str, Any], **caller: Any) -> str:
    schema = schema_of(room.room.name)
    query, texts = schema.query_type, []
    assert query is not None
    for field_name, field in query.fields.items():
        if field_name.startswith("_") or not is_open(query, field_name):
            continue
        below = everything_below(get_named_type(field.type), schema, DEPTH)
        text = f"{field_name}{arguments_of(query, field_name)} {below}"
        declared = "($id: ID!)" if "$id" in text else ""
        for key in _ids(row) if declared else [None]:
            answer = await room.send(f"query{declared} {{ {text} }}", {"id": key}, as_user=owner, **caller)
            texts.append(str(answer.get("data")))
    return " ".join(texts)


async def resolved(room: RoomClient, owner: UUID, row: Mapping[str, Any], **caller: Any) -> str:
    name, texts = room.room.name, []
    schema = schema_of(name)
    for type_name in [type_ for subgraph, type_ in ENTITIES if subgraph == name]:
        for key in _ids(row):
            below = everything_below(schema.type_map[type_name], schema, DEPTH)
            representation = {"__typename": type_name, "id": key, **REQUIRED.get((name, type_name), {})}
            document = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {type_name} {below} }} }}"
            answer = await room.send(document, {"r": [representation]}, as_user=owner, **caller)
            texts.append(str(answer.get("data")))
    return " ".join(texts)


def _ids(row: Mapping[str, Any]) -> list[str]:
    return [str(key) for key in dict.fromkeys(row.values()) if isinstance(key, UUID)]
