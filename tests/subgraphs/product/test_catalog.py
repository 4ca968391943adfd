"""Staff write the catalog: versions, archiving, what is refused, and that refusals change nothing (S-027, S-112)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product.repository import products
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

STAFF = UUID(int=11)
AS_STAFF: dict[str, Any] = {"as_user": STAFF, "scopes": ["catalog:read", "catalog:write"]}
PAYLOAD = """{
  product { id sku slug name description longDescription category { name } price { amount currency } active version
    stock { onHand } images { url altText isPrimary sortOrder } specifications { key value } }
  errors { __typename message code path ... on ConflictError { currentVersion } } }"""
CREATE = f"mutation($input: ProductInput!) {{ result: createProduct(input: $input) {PAYLOAD} }}"
UPDATE = f"""mutation($id: ID!, $version: Int!, $input: ProductInput!) {{
  result: updateProduct(id: $id, version: $version, input: $input) {PAYLOAD} }}"""
ARCHIVE = f"mutation($id: ID!) {{ result: archiveProduct(id: $id) {PAYLOAD} }}"
RESTORE = f"mutation($id: ID!) {{ result: restoreProduct(id: $id) {PAYLOAD} }}"
LAMP = {"sku": "L-1", "name": "Blue Lamp", "price": "19.90", "currency": "USD"}


async def change(room: RoomClient, mutation: str, **variables: Any) -> dict[str, Any]:
    result: dict[str, Any] = (await room.query(mutation, variables, **AS_STAFF))["result"]
    return result


async def created(room: RoomClient, **values: Any) -> dict[str, Any]:
    result = await change(room, CREATE, input={**LAMP, **values})
    assert result["errors"] == []
    product: dict[str, Any] = result["product"]
    return product


def faults(result: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [(error["__typename"], error["code"], error["path"]) for error in result["errors"]]


async def everything() -> list[Any]:
    """All that a refused edit might have touched."""
    tables = ("products", "product_images", "product_specifications", "categories", "outbox", "idempotency_keys")
    return [[tuple(row) for row in await DB.fetch(f"SELECT * FROM {table} ORDER BY 1")] for table in tables]


async def events() -> list[tuple[str, int, dict[str, Any]]]:
    rows = await DB.fetch("SELECT type, version, payload FROM outbox ORDER BY id")
    return [(row["type"], row["version"], row["payload"]) for row in rows]


async def test_a_new_product_is_complete_and_on_sale(room: RoomClient, stockroom) -> None:
    shelf = await stockroom.category("Lamps")
    product = await created(
        room,
        name="  Blue Lämp ",
        description="Two\nlines",
        longDescription=" ",
        categoryId=str(shelf),
        images=[{"url": "https://images.example.com/1.webp"}, {"url": "/2.webp", "isPrimary": True, "altText": "Lamp"}],
        specifications=[{"key": "Colour", "value": "blue"}, {"key": "Volt", "value": "230"}],
    )
    assert UUID(product.pop("id"))
    assert product == {
        "sku": "L-1",
        "slug": "blue-lamp",
        "name": "Blue Lämp",
        "description": "Two\nlines",
        "longDescription": None,
        "category": {"name": "Lamps"},
        "price": {"amount": "19.90", "currency": "USD"},
        "active": True,
        "version": 1,
        "stock": {"onHand": 0},
        "images": [
            {"url": "https://images.example.com/1.webp", "altText": None, "isPrimary": False, "sortOrder": 0},
            {"url": "/2.webp", "altText": "Lamp", "isPrimary": True, "sortOrder": 1},
        ],
        "specifications": [{"key": "Colour", "value": "blue"}, {"key": "Volt", "value": "230"}],
    }
    [(kind, version, payload)] = await events()
    assert (kind, version, payload["slug"], payload["price"]) == ("product.updated", 1, "blue-lamp", "19.90")


async def test_slugs_are_made_and_stay_unique(room: RoomClient) -> None:
    slugs = [(await created(room, sku=sku))["slug"] for sku in ("A", "B")]
    assert slugs == ["blue-lamp", "blue-lamp-b"]
    assert (await created(room, sku="C", slug="blue-lamp-d"))["slug"] == "blue-lamp-d"
    last = (await created(room, sku="D"))["slug"]
    assert last.startswith("blue-lamp-")
    assert last != "blue-lamp-d"
    assert (await created(room, sku="E", name="灯"))["slug"] == "e"
    assert (await created(room, sku="F", name="Łódź Straße Ærø"))["slug"] == "lodz-strasse-aero"
    assert len((await created(room, sku="G" * 100, name="n" * 255))["slug"]) <= 255


async def test_what_is_absent_stays_and_null_empties(room: RoomClient, stockroom) -> None:
    shelf = await stockroom.category("Lamps")
    before = await created(
        room,
        slug="my-lamp",
        description="text",
        longDescription="long",
        categoryId=str(shelf),
        active=False,
        images=[{"url": "/1.webp"}],
        specifications=[{"key": "Colour", "value": "blue"}],
    )
    await DB.execute("UPDATE products SET stock = 7")
    kept = await change(room, UPDATE, id=before["id"], version=1, input={**LAMP, "name": "Red Lamp"})
    assert kept["errors"] == []
    assert kept["product"] == {**before, "name": "Red Lamp", "version": 2, "stock": {"onHand": 7}}
    emptied = {"description": None, "longDescription": None, "categoryId": None, "images": [], "specifications": []}
    bare = (await change(room, UPDATE, id=before["id"], version=2, input={**LAMP, **emptied, "active": None}))[
        "product"
    ]
    assert (bare["description"], bare["longDescription"], bare["category"]) == (None, None, None)
    assert (bare["images"], bare["specifications"], bare["active"], bare["slug"]) == ([], [], False, "my-lamp")
    assert [version for _, version, _ in await events()] == [1, 2, 3]


async def test_a_stale_version_is_a_conflict(room: RoomClient) -> None:
    product = await created(room)
    before = await everything()
    refused = await change(room, UPDATE, id=product["id"], version=9, input={**LAMP, "name": "Other"})
    assert refused["product"] is None
    assert faults(refused) == [("ConflictError", "VERSION_CONFLICT", ["version"])]
    assert refused["errors"][0]["currentVersion"] == 1
    assert await everything() == before


async def test_of_parallel_edits_of_one_version_one_wins(room: RoomClient) -> None:
    product = await created(room)
    names = [f"Lamp {number}" for number in range(8)]
    results = await asyncio.gather(
        *(change(room, UPDATE, id=product["id"], version=1, input={**LAMP, "name": name}) for name in names)
    )
    won = [result["product"]["name"] for result in results if result["product"]]
    assert len(won) == 1
    assert [result["errors"][0]["currentVersion"] for result in results if result["errors"]] == [2] * 7
    assert [tuple(row) for row in await DB.fetch("SELECT name, version FROM products")] == [(won[0], 2)]


async def test_parallel_creation_of_one_sku_and_of_one_name(room: RoomClient) -> None:
    same_sku = await asyncio.gather(*(change(room, CREATE, input=LAMP) for _ in range(6)))
    assert sorted(len(result["errors"]) for result in same_sku) == [0, 1, 1, 1, 1, 1]
    assert {fault for result in same_sku for fault in map(str, faults(result))} == {
        "('ConflictError', 'SKU_TAKEN', ['input', 'sku'])"
    }
    same_name = await asyncio.gather(*(created(room, sku=f"N-{number}") for number in range(6)))
    assert len({product["slug"] for product in same_name}) == 6


async def test_archived_products_are_hidden_and_restorable(room: RoomClient, stockroom) -> None:
    product = await created(room, categoryId=str(await stockroom.category("Lamps")))
    gone = (await change(room, ARCHIVE, id=product["id"]))["product"]
    assert (gone["active"], gone["version"]) == (False, 2)
    again = await change(room, ARCHIVE, id=product["id"])
    assert (again["errors"], again["product"]["version"]) == ([], 2)
    seen = (
        '{ product(by: {sku: "L-1"}) { id } products { nodes { id } totalCount } search(query: "lamp") { totalCount } }'
    )
    hidden = {"product": None, "products": {"nodes": [], "totalCount": 0}, "search": {"totalCount": 0}}
    assert await room.query(seen) == hidden
    listed = await room.query("{ products(filter: {includeArchived: true}) { nodes { id } } }", **AS_STAFF)
    assert listed["products"]["nodes"] == [{"id": product["id"]}]
    refused = await change(room, UPDATE, id=product["id"], version=2, input=LAMP)
    assert faults(refused) == [("ConflictError", "PRODUCT_ARCHIVED", ["id"])]
    back = (await change(room, RESTORE, id=product["id"]))["product"]
    assert (back["active"], back["version"]) == (True, 3)
    assert (await change(room, RESTORE, id=product["id"]))["product"]["version"] == 3
    assert (await room.query(seen))["product"] == {"id": product["id"]}
    assert [(kind, version) for kind, version, _ in await events()] == [
        ("product.updated", 1),
        ("product.archived", 2),
        ("product.updated", 3),
    ]


async def test_names_of_archived_products_are_free_again(room: RoomClient) -> None:
    first = await created(room)
    await change(room, ARCHIVE, id=first["id"])
    second = await created(room)
    assert second["slug"] == first["slug"]
    assert faults(await change(room, RESTORE, id=first["id"])) == [("ConflictError", "SKU_TAKEN", ["id"])]
    await change(room, UPDATE, id=second["id"], version=1, input={**LAMP, "sku": "L-2"})
    assert faults(await change(room, RESTORE, id=first["id"])) == [("ConflictError", "SLUG_TAKEN", ["id"])]
    await change(room, UPDATE, id=second["id"], version=2, input={**LAMP, "sku": "L-2", "slug": "other"})
    assert (await change(room, RESTORE, id=first["id"]))["errors"] == []


async def test_collisions_and_missing_things_name_their_input(room: RoomClient) -> None:
    product, other = await created(room), await created(room, sku="L-2")
    before = await everything()
    for values, expected in [
        ({"sku": "L-2"}, [("ConflictError", "SKU_TAKEN", ["input", "sku"])]),
        ({"slug": other["slug"]}, [("ConflictError", "SLUG_TAKEN", ["input", "slug"])]),
        ({"categoryId": str(uuid4())}, [("NotFoundError", "NOT_FOUND", ["input", "categoryId"])]),
        ({"categoryId": product["id"]}, [("NotFoundError", "NOT_FOUND", ["input", "categoryId"])]),
        ({"categoryId": "lamps"}, [("NotFoundError", "NOT_FOUND", ["input", "categoryId"])]),
    ]:
        result = await change(room, UPDATE, id=product["id"], version=1, input={**LAMP, **values})
        assert (result["product"], faults(result)) == (None, expected)
    for nobody in (str(uuid4()), "x", "", other["id"] + "0"):
        for mutation in (ARCHIVE, RESTORE):
            assert faults(await change(room, mutation, id=nobody)) == [("NotFoundError", "NOT_FOUND", ["id"])]
        missing = await change(room, UPDATE, id=nobody, version=1, input=LAMP)
        assert faults(missing) == [("NotFoundError", "NOT_FOUND", ["id"])]
    assert await everything() == before


REFUSED: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"price": "1.005"}, "AMOUNT_SCALE", ["price"]),
    ({"price": "-1"}, "AMOUNT_OUT_OF_RANGE", ["price"]),
    ({"price": "100000000"}, "AMOUNT_OUT_OF_RANGE", ["price"]),
    ({"currency": "KWD"}, "CURRENCY_NOT_SUPPORTED", ["currency"]),
    ({"currency": "usd"}, "CURRENCY_NOT_SUPPORTED", ["currency"]),
    ({"currency": ""}, "CURRENCY_NOT_SUPPORTED", ["currency"]),
    ({"sku": ""}, "SKU_INVALID", ["sku"]),
    ({"sku": "a b"}, "SKU_INVALID", ["sku"]),
    ({"sku": "x" * 101}, "SKU_INVALID", ["sku"]),
    ({"sku": "A\n"}, "SKU_INVALID", ["sku"]),
    ({"name": " \u3000\u200b"}, "TEXT_EMPTY", ["name"]),
    ({"name": "x" * 256}, "TEXT_TOO_LONG", ["name"]),
    ({"name": "a\x00b"}, "TEXT_INVALID", ["name"]),
    ({"name": "a\nb"}, "TEXT_INVALID", ["name"]),
    ({"slug": ""}, "SLUG_INVALID", ["slug"]),
    ({"slug": "Größe"}, "SLUG_INVALID", ["slug"]),
    ({"slug": "a--b"}, "SLUG_INVALID", ["slug"]),
    ({"slug": "a\n"}, "SLUG_INVALID", ["slug"]),
    ({"slug": "s" * 256}, "SLUG_INVALID", ["slug"]),
    ({"description": "x" * 5001}, "TEXT_TOO_LONG", ["description"]),
    ({"longDescription": "x" * 50_001}, "TEXT_TOO_LONG", ["longDescription"]),
    ({"longDescription": "\x01"}, "TEXT_INVALID", ["longDescription"]),
    ({"images": [{"url": "javascript:alert(1)"}]}, "URL_INVALID", ["images", "0", "url"]),
    ({"images": [{"url": "/ok"}, {"url": "https://a b"}]}, "URL_INVALID", ["images", "1", "url"]),
    ({"images": [{"url": "/" + "x" * 2000}]}, "TEXT_TOO_LONG", ["images", "0", "url"]),
    ({"images": [{"url": "/ok", "sortOrder": -1}]}, "SORT_ORDER_INVALID", ["images", "0", "sortOrder"]),
    ({"images": [{"url": "/a", "isPrimary": True}] * 2}, "PRIMARY_IMAGE_REPEATED", ["images"]),
    ({"images": [{"url": "/a", "altText": "x" * 256}]}, "TEXT_TOO_LONG", ["images", "0", "altText"]),
    ({"images": [{"url": "/a"}] * 51}, "TOO_MANY_IMAGES", ["images"]),
    ({"specifications": [{"key": " ", "value": "x"}]}, "TEXT_EMPTY", ["specifications", "0", "key"]),
    ({"specifications": [{"key": "k", "value": "x" * 501}]}, "TEXT_TOO_LONG", ["specifications", "0", "value"]),
    ({"specifications": [{"key": "k", "value": "x"}] * 2}, "SPECIFICATION_REPEATED", ["specifications", "1", "key"]),
    ({"specifications": [{"key": "k", "value": "x"}] * 101}, "TOO_MANY_SPECIFICATIONS", ["specifications"]),
]


async def test_unacceptable_values_name_their_input_and_change_nothing(room: RoomClient) -> None:
    product = await created(room, sku="KEEP")
    before = await everything()
    for values, code, path in REFUSED:
        for result in (
            await change(room, CREATE, input={**LAMP, **values}),
            await change(room, UPDATE, id=product["id"], version=1, input={**LAMP, **values}),
        ):
            assert faults(result) == [("ValidationError", code, ["input", *path])], values
    assert await everything() == before
    many = {"price": "1.005", "name": "", "sku": "", "slug": "?"}
    codes = [code for _, code, _ in faults(await change(room, CREATE, input={**LAMP, **many}))]
    assert Counter(codes) == Counter(["AMOUNT_SCALE", "TEXT_EMPTY", "SKU_INVALID", "SLUG_INVALID"])


@pytest.mark.parametrize("scopes", [[], ["catalog:read"], ["stock:write", "reviews:moderate"]])
async def test_only_catalog_staff_write(room: RoomClient, stockroom, scopes: list[str]) -> None:
    product = str(await stockroom.product())
    before = await everything()
    for mutation, variables in [
        (CREATE, {"input": LAMP}),
        (UPDATE, {"id": product, "version": 1, "input": LAMP}),
        (ARCHIVE, {"id": product}),
        (RESTORE, {"id": product}),
    ]:
        answer = await room.send(mutation, variables, as_user=uuid4(), scopes=scopes)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        anonymous = await room.send(mutation, variables)
        assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        service = await room.send(mutation, variables, as_service="order")
        assert service["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await everything() == before


@pytest.mark.parametrize("key", ["sku", "slug"])
async def test_a_key_is_found_by_index_among_live_and_deleted_products(room: RoomClient, key: str) -> None:
    await DB.execute(
        """
        INSERT INTO products (name, sku, slug, price, is_active, deleted_at)
        SELECT 'p', 'sku-' || n, 'slug-' || n, 1, n % 50 <> 0, CASE WHEN n % 50 = 0 THEN now() END
        FROM generate_series(1, 5000) n
        """
    )
    await DB.execute("ANALYZE products")
    scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'products'"
    async with DB.transaction():
        before = await DB.fetch_value(scans)
        found = await {"sku": products.by_sku, "slug": products.by_slug}[key]([f"{key}-7", f"{key}-50"])
        assert await DB.fetch_value(scans) == before
    assert sorted(found) == sorted([f"{key}-7", f"{key}-50"])
