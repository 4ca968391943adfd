"""Search: what is found, in which order, with which facets and highlights (S-089)."""

from __future__ import annotations

from typing import Any

import pytest

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

SEARCH = """
query($query: String!, $filter: ProductFilter, $sort: ProductSort, $first: Int, $after: String) {
  search(query: $query, filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount correctedQuery didYouMean pageInfo { hasNextPage endCursor }
    edges { score highlights node { name } } } }
"""


async def found(room: RoomClient, query: str, **arguments: Any) -> list[str]:
    search = (await room.query(SEARCH, {"query": query, **arguments}))["search"]
    names = [edge["node"]["name"] for edge in search["edges"]]
    assert search["totalCount"] == len(names)
    assert search["correctedQuery"] is search["didYouMean"] is None
    return names


@pytest.fixture
async def goods(stockroom) -> None:
    await stockroom.product("Desk Lamp", description="A blue light for reading.")
    await stockroom.product("Blue Lamp", description="Made of glass.")
    await stockroom.product("Café Chair", description="For cafés & <b>bars</b>; pairs with a lamp.")
    await stockroom.product("Wireless Headphones")
    await stockroom.product("Hidden Lamp", active=False)


_FOUND: list[tuple[str, list[str]]] = [
    ("blue lamp", ["Blue Lamp", "Desk Lamp"]),  # words split over name and description; the name weighs more
    ("LAMPS blue", ["Blue Lamp", "Desk Lamp"]),  # stemmed, in any order
    ("bl", ["Blue Lamp", "Desk Lamp"]),  # a beginning
    ("blue la", ["Blue Lamp", "Desk Lamp"]),
    ("bl lamp", []),  # only the last word may be a beginning
    ("cafe", ["Café Chair"]),  # without accents
    ("CAFÉ", ["Café Chair"]),
    ("wirele", ["Wireless Headphones"]),
    ("headphone", ["Wireless Headphones"]),
    ("headpho", ["Wireless Headphones"]),
    ("the glass", ["Blue Lamp"]),  # stop words do not matter
    ("glass the", ["Blue Lamp"]),
    ("lamp & | ! ( ' <->", ["Blue Lamp", "Café Chair", "Desk Lamp"]),
    ("hidden", []),
    ("nothing", []),
    ("", []),
    ("  !? ", []),
    ("\x00", []),
    ("'; DROP TABLE products; --", []),
]


@pytest.mark.usefixtures("goods")
async def test_what_is_found(room: RoomClient) -> None:
    for query, names in _FOUND:
        assert sorted(await found(room, query)) == sorted(names), query
    assert (await found(room, "blue lamp"))[0] == "Blue Lamp"  # the name weighs more than the description
    assert (await found(room, "lamp"))[-1] == "Café Chair"


@pytest.mark.usefixtures("goods")
async def test_staff_find_hidden_products(room: RoomClient) -> None:
    data = await room.query(SEARCH, {"query": "hidden", "filter": {"includeArchived": True}}, scopes=["catalog:read"])
    assert data["search"]["totalCount"] == 1


@pytest.mark.usefixtures("goods")
async def test_highlights_are_html_with_nothing_but_marks(room: RoomClient) -> None:
    data = await room.query(SEARCH, {"query": "lamp chair"})
    (edge,) = data["search"]["edges"]
    assert edge["highlights"] == [
        "Café <mark>Chair</mark>",
        "cafés &amp;  bars ; pairs with a <mark>lamp</mark>",
    ]
    assert edge["score"] > 0


async def test_too_long(room: RoomClient) -> None:
    answer = await room.send(SEARCH, {"query": "x" * 1_000_000})
    assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_LONG"


async def test_every_order_walks_through_all_hits_once(room: RoomClient, stockroom) -> None:
    for n in range(11):
        await stockroom.product(f"Lamp {n}", description="lamp " * (n % 3), price=f"{n % 2}.00")
    for sort in ("RELEVANCE", "NEWEST", "PRICE_ASC", "NAME"):
        seen: list[str] = []
        scores: list[float] = []
        cursor, more = None, True
        while more:
            arguments = {"query": "lamp", "sort": sort, "first": 3, "after": cursor}
            page = (await room.query(SEARCH, arguments))["search"]
            seen += [edge["node"]["name"] for edge in page["edges"]]
            scores += [edge["score"] for edge in page["edges"]]
            cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(seen) == len(set(seen)) == 11
        if sort == "RELEVANCE":
            assert scores == sorted(scores, reverse=True)


FACETS = """
query($filter: ProductFilter) { search(query: "lamp", filter: $filter) {
  totalCount facets { name values { value count selected } } } }
"""


async def test_facets_say_what_a_choice_would_leave(room: RoomClient, stockroom) -> None:
    desk, floor = await stockroom.category("Desk"), await stockroom.category("Floor")
    await stockroom.product(category=desk, price="10.00", specs={"Colour": "red"})
    await stockroom.product(category=desk, price="30.00", specs={"Colour": "blue"}, stock=0)
    rated = await stockroom.product(category=floor, price="700.00", specs={"Colour": "blue"})
    await stockroom.review(rated, rating=4)
    await stockroom.product("Chair", category=desk)

    async def facets(filter: dict[str, Any] | None = None) -> dict[str, dict[str, tuple[int, bool]]]:
        search = (await room.query(FACETS, {"filter": filter}))["search"]
        return {
            facet["name"]: {each["value"]: (each["count"], each["selected"]) for each in facet["values"]}
            for facet in search["facets"]
        }

    everything = await facets()
    assert list(everything) == ["category", "price", "rating", "inStock", "spec:Colour"]
    assert everything["category"] == {"desk": (2, False), "floor": (1, False)}
    assert everything["price"] == {"0-25": (1, False), "25-50": (1, False), "500-": (1, False)}
    assert everything["rating"] == {"1": (1, False), "2": (1, False), "3": (1, False), "4": (1, False)}
    assert everything["inStock"] == {"true": (2, False), "false": (1, False)}
    assert everything["spec:Colour"] == {"blue": (2, False), "red": (1, False)}

    blue = await facets({"specs": [{"key": "Colour", "anyOf": ["blue"]}]})
    assert blue["spec:Colour"] == {"blue": (2, True), "red": (1, False)}  # another colour can be chosen beside it
    assert blue["category"] == {"desk": (1, False), "floor": (1, False)}

    narrow = await facets({"category": "desk", "price": {"min": "25", "max": "50.00"}, "inStock": False})
    assert narrow["category"] == {"desk": (1, True)}
    assert narrow["price"] == {"25-50": (1, True)}
    assert narrow["inStock"] == {"false": (1, True)}

    for value, (count, _) in everything["category"].items():
        left = (await room.query(FACETS, {"filter": {"category": value}}))["search"]["totalCount"]
        assert left == count


async def test_a_search_uses_its_index(room: RoomClient, stockroom) -> None:
    await stockroom.product()
    async with DB.transaction():
        await DB.execute("SET LOCAL enable_seqscan = off")
        plan = await DB.fetch(
            """
            EXPLAIN WITH asked AS MATERIALIZED (SELECT product_search_query('lamp') AS query)
            SELECT p.id FROM asked CROSS JOIN products p WHERE p.search @@ asked.query
            """
        )
    assert any("idx_products_search" in row[0] for row in plan)
