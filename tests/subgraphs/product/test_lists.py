"""Lists of products: filters, sorts, cursors in both directions, who sees what."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from subgraphs.product.domain.catalog import ProductSort
from subgraphs.product.domain.reviews import ReviewSort
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

PAGE = """
query($filter: ProductFilter, $sort: ProductSort, $first: Int, $after: String, $last: Int, $before: String) {
  products(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { id } edges { cursor node { id name price { amount } rating { average count } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
"""


async def walk(room: RoomClient, sort: str, size: int, *, backwards: bool = False) -> list[str]:
    """Ids of the whole list, page by page, in the list's own order."""
    found: list[str] = []
    cursor = None
    while True:
        forward = {"first": size, "after": cursor}
        page = {"last": size, "before": cursor} if backwards else forward
        products = (await room.query(PAGE, {"sort": sort, **page}))["products"]
        ids = [edge["node"]["id"] for edge in products["edges"]]
        assert ids == [node["id"] for node in products["nodes"]]
        found = ids + found if backwards else found + ids
        info = products["pageInfo"]
        assert info["hasPreviousPage" if not backwards else "hasNextPage"] is (cursor is not None)
        if not info["hasPreviousPage" if backwards else "hasNextPage"]:
            return found
        cursor = info["startCursor" if backwards else "endCursor"]


async def test_walking_either_way_gives_the_whole_list_once(room: RoomClient, stockroom) -> None:
    dice = random.Random(1)  # noqa: S311
    for _ in range(23):
        product = await stockroom.product(
            dice.choice(["Äpfel", "apple", "Birne", "zebra", "Éclair"]), price=dice.choice(["1.00", "2.00", "2.50"])
        )
        for _ in range(dice.randrange(3)):
            await stockroom.review(product, rating=dice.randrange(1, 6))
    await stockroom.product(active=False)
    for sort in ProductSort:
        whole = await walk(room, sort, 100)
        assert len(whole) == len(set(whole)) == 23
        for size in (1, 4, 23):
            assert await walk(room, sort, size) == whole, sort
            assert await walk(room, sort, size, backwards=True) == whole, sort


async def test_sorts_mean_what_they_say(room: RoomClient, stockroom) -> None:
    a = await stockroom.product("Äpfel", price="3.00")
    b = await stockroom.product("birne", price="1.00")
    c = await stockroom.product("Apfelmus", price="2.00")
    for rating, product in ((5, a), (5, b), (5, b), (1, c)):
        await stockroom.review(product, rating=rating)
    expected = {
        "NEWEST": [c, b, a],
        "PRICE_ASC": [b, c, a],
        "PRICE_DESC": [a, c, b],
        "BEST_RATED": [b, a, c],
        "NAME": [a, c, b],
    }
    for sort, order in expected.items():
        assert await walk(room, sort, 10) == [str(each) for each in order], sort


async def test_filters(room: RoomClient, stockroom) -> None:
    root = await stockroom.category("Root")
    leaf = await stockroom.category("Leaf", root)
    cheap = await stockroom.product(price="5.00", category=root, specs={"Colour": "red", "Size": "L"})
    dear = await stockroom.product(price="50.00", category=leaf, specs={"Colour": "blue", "Size": "L"}, stock=0)
    euro = await stockroom.product(price="20.00", currency="EUR")
    hidden = await stockroom.product(active=False)
    await stockroom.review(cheap, rating=4)
    await stockroom.review(cheap, rating=5)

    async def ids(filter: dict[str, Any], **caller: Any) -> set[UUID]:
        found = (await room.query(PAGE, {"filter": filter}, **caller))["products"]
        assert found["totalCount"] == len(found["nodes"])
        return {UUID(node["id"]) for node in found["nodes"]}

    assert await ids({}) == {cheap, dear, euro}
    assert await ids({"category": "root"}) == {cheap, dear}
    assert await ids({"category": "root", "includeDescendants": False}) == {cheap}
    assert await ids({"category": "nowhere"}) == set()
    assert await ids({"price": {"min": "5.00", "max": "20"}}) == {cheap, euro}
    assert await ids({"currency": "EUR"}) == {euro}
    assert await ids({"inStock": True}) == {cheap, euro}
    assert await ids({"inStock": False}) == {dear}
    assert await ids({"minRating": 4.5}) == {cheap}
    assert await ids({"minRating": 4.6}) == set()
    assert await ids({"specs": [{"key": "Colour", "anyOf": ["red", "blue"]}]}) == {cheap, dear}
    assert await ids({"specs": [{"key": "Colour", "anyOf": ["red"]}, {"key": "Size", "anyOf": ["L"]}]}) == {cheap}
    assert await ids({"ids": [str(euro), str(hidden), "nonsense"]}) == {euro}
    assert await ids({"ids": []}) == set()
    assert await ids({"includeArchived": True}, scopes=["catalog:read"]) == {cheap, dear, euro, hidden}
    refused = await room.send(PAGE, {"filter": {"includeArchived": True}})
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


_OUT_OF_RANGE: list[tuple[dict[str, Any], str]] = [
    ({"first": 101}, "PAGE_SIZE_OUT_OF_RANGE"),
    ({"first": 100_000}, "PAGE_SIZE_OUT_OF_RANGE"),
    ({"first": 0}, "PAGE_SIZE_OUT_OF_RANGE"),
    ({"last": -1}, "PAGE_SIZE_OUT_OF_RANGE"),
    ({"first": 1, "last": 1}, "PAGE_DIRECTIONS_MIXED"),
    ({"after": "%%%"}, "INVALID_CURSOR"),
    ({"filter": {"specs": [{"key": "k", "anyOf": ["v"] * 300}]}}, "FILTER_TOO_LARGE"),
]


async def test_arguments_out_of_range(room: RoomClient) -> None:
    for arguments, code in _OUT_OF_RANGE:
        answer = await room.send(PAGE, arguments)
        assert answer["errors"][0]["extensions"]["code"] == code


_JUNK = ("\x00", "'; DROP TABLE products; --", "é" * 3000, "{}", "%s", "$1")


async def test_junk_text_finds_nothing_and_breaks_nothing(room: RoomClient, stockroom) -> None:
    await stockroom.product()
    for junk in _JUNK:
        filters = [{"category": junk}, {"currency": junk}, {"ids": [junk]}, {"specs": [{"key": junk, "anyOf": [junk]}]}]
        for wanted in filters:
            answer = await room.send(PAGE, {"filter": wanted})
            assert "INTERNAL_SERVER_ERROR" not in str(answer)
            assert "errors" in answer or answer["data"]["products"]["nodes"] == []
        for by in ("id", "sku", "slug"):
            answer = await room.send("query($by: ProductBy!) { product(by: $by) { id } }", {"by": {by: junk}})
            assert "INTERNAL_SERVER_ERROR" not in str(answer)
            assert not (answer["data"] or {}).get("product")


async def test_a_cursor_of_another_sort_is_refused(room: RoomClient, stockroom) -> None:
    for _ in range(2):
        await stockroom.product()
    cursor = (await room.query(PAGE, {"sort": "NEWEST", "first": 1}))["products"]["pageInfo"]["endCursor"]
    answer = await room.send(PAGE, {"sort": "NAME", "first": 1, "after": cursor})
    assert answer["errors"][0]["extensions"]["code"] == "CURSOR_OF_ANOTHER_SORT"


async def test_hidden_products_are_found_by_staff_and_read_by_reference(room: RoomClient, stockroom) -> None:
    category = await stockroom.category("Lamps")
    hidden = await stockroom.product(active=False, sku="HIDDEN", category=category)
    other = await stockroom.product(category=category)
    query = '{ product(by: {sku: "HIDDEN"}) { id active } }'
    assert (await room.query(query))["product"] is None
    assert (await room.query(query, as_user=uuid4()))["product"] is None
    assert (await room.query(query, scopes=["catalog:read"]))["product"] == {"id": str(hidden), "active": False}
    assert await room.entities("... on Product { active }", {"__typename": "Product", "id": str(hidden)}) == [
        {"active": False}
    ]
    lists = """{ category(by: {slug: "lamps"}) { productCount products { totalCount edges { node { id } } } } }"""
    found = (await room.query(lists))["category"]
    assert found["productCount"] == found["products"]["totalCount"] == 1
    related = await room.entities("... on Product { related { id } }", {"__typename": "Product", "id": str(other)})
    assert related == [{"related": []}]
    refused = await room.send("query($id: ID!) { product(by: {id: $id}) { stock { onHand } } }", {"id": str(other)})
    assert refused["data"] == {"product": {"stock": None}}
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_exactly_one_key(room: RoomClient) -> None:
    for by in ("{}", '{id: "a", sku: "b"}', "{id: null}"):
        assert "errors" in await room.send(f"{{ product(by: {by}) {{ id }} }}"), by


async def test_an_impossible_key_leaves_the_others_alone(room: RoomClient, stockroom) -> None:
    await stockroom.product(sku="REAL", slug="real", category=await stockroom.category("Root"))
    data = await room.query(
        """
        query($nul: String) {
          sku: product(by: {sku: "REAL"}) { sku } noSku: product(by: {sku: $nul}) { sku }
          slug: product(by: {slug: "real"}) { slug } noSlug: product(by: {slug: $nul}) { slug }
          category(by: {slug: "root"}) { slug } none: category(by: {slug: $nul}) { slug }
        }""",
        {"nul": "a\x00b"},
    )
    assert data == {
        "sku": {"sku": "REAL"},
        "noSku": None,
        "slug": {"slug": "real"},
        "noSlug": None,
        "category": {"slug": "root"},
        "none": None,
    }


async def test_products_of_categories_page_by_page(room: RoomClient, stockroom) -> None:
    root = await stockroom.category("Root")
    shelves = [await stockroom.category(parent=root) for _ in range(3)]
    for n in range(10):
        await stockroom.product(category=shelves[n % 3], price=f"{n % 4}.00")
    query = """
    query($sort: ProductSort, $first: Int, $after: String) { category(by: {slug: "root"}) {
      products(sort: $sort, first: $first, after: $after) {
        totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } } }
    """
    for sort in ProductSort:
        whole = await walk(room, sort, 100)
        seen: list[str] = []
        cursor, more = None, True
        while more:
            page = (await room.query(query, {"sort": sort, "first": 3, "after": cursor}))["category"]["products"]
            assert page["totalCount"] == 10
            seen += [edge["node"]["id"] for edge in page["edges"]]
            cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert seen == whole, sort


async def test_the_category_tree(room: RoomClient, stockroom) -> None:
    root = await stockroom.category("Root")
    middle = await stockroom.category("Middle", root)
    leaf = await stockroom.category("Leaf", middle)
    await DB.execute("UPDATE categories SET deleted_at = now() WHERE id = $1", await stockroom.category("Gone", leaf))
    query = """{ category(by: {slug: "leaf"}) {
      name parent { name } ancestors { name } children { name } } categories { name children { name } } }"""
    data = await room.query(query)
    assert data["category"] == {
        "name": "Leaf",
        "parent": {"name": "Middle"},
        "ancestors": [{"name": "Root"}, {"name": "Middle"}],
        "children": [],
    }
    assert data["categories"] == [{"name": "Root", "children": [{"name": "Middle"}]}]


async def test_reviews_page_by_page(room: RoomClient, stockroom) -> None:
    dice = random.Random(2)  # noqa: S311
    product = await stockroom.product()
    for _ in range(17):
        review = await stockroom.review(product, rating=dice.randrange(1, 6))
        for _ in range(dice.randrange(3)):
            await DB.execute("INSERT INTO review_votes (review_id, user_id) VALUES ($1, $2)", review, uuid4())
    await stockroom.review(product, status="pending")
    query = """
    query($id: ID!, $sort: ReviewSort, $first: Int, $after: String, $min: Int) { product(by: {id: $id}) {
      reviews(sort: $sort, first: $first, after: $after, minRating: $min) {
        totalCount edges { node { id rating helpfulCount createdAt } } pageInfo { hasNextPage endCursor } } } }
    """

    async def page(**arguments: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await room.query(query, {"id": str(product), **arguments}))["product"]["reviews"]
        return found

    orders = {
        ReviewSort.HELPFUL: lambda r: (-r["helpfulCount"],),
        ReviewSort.HIGHEST: lambda r: (-r["rating"],),
        ReviewSort.LOWEST: lambda r: (r["rating"],),
    }
    for sort in ReviewSort:
        whole = [edge["node"] for edge in (await page(sort=sort, first=100))["edges"]]
        assert len(whole) == 17
        if sort in orders:
            assert whole == sorted(whole, key=orders[sort])
        else:
            assert whole == sorted(whole, key=lambda r: r["createdAt"], reverse=True)
        seen, cursor, more = [], None, True
        while more:
            part = await page(sort=sort, first=4, after=cursor)
            seen += [edge["node"] for edge in part["edges"]]
            cursor, more = part["pageInfo"]["endCursor"], part["pageInfo"]["hasNextPage"]
        assert seen == whole
        good = await page(sort=sort, first=100, min=4)
        assert [edge["node"] for edge in good["edges"]] == [r for r in whole if r["rating"] >= 4]
        assert good["totalCount"] == len(good["edges"])


async def test_a_rating_summary(room: RoomClient, stockroom) -> None:
    product, unrated = await stockroom.product(), await stockroom.product()
    for rating in (5, 5, 4, 1):
        await stockroom.review(product, rating=rating)
    selection = "... on Product { rating { average count histogram { stars count } } price { amount } }"
    rated, fresh = await room.entities(
        selection, *({"__typename": "Product", "id": str(each)} for each in (product, unrated))
    )
    assert rated is not None
    assert fresh is not None
    assert rated["rating"]["average"] == 3.75
    assert rated["rating"]["count"] == 4
    assert [bucket["count"] for bucket in rated["rating"]["histogram"]] == [2, 1, 0, 0, 1]
    assert fresh["rating"]["average"] is None
    assert fresh["rating"]["histogram"][0] == {"stars": 5, "count": 0}
    assert Decimal(rated["price"]["amount"]) == Decimal("9.90")
