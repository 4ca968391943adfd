"""What the reference queries cost here: one statement per level, the same for 1, 10 and 100 rows (shop.md §6)."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.fixtures.rooms import RoomClient

SIZES = (1, 10, 100)
SHOPPER = UUID(int=7)

DETAILS = """
query($slug: String) { product(by: {slug: $slug}) {
  price { amount currency } availability { inStock } images { url } specifications { key value }
  category { name parent { name } } rating { average count histogram { stars count } }
  reviews(first: 10) { totalCount edges { node { rating author { id } } } } } }
"""
SEARCH = """
query($filter: ProductFilter) { search(query: "blue lam", filter: $filter, first: 24) {
  totalCount facets { name values { value count selected } }
  edges { score highlights node { name price { amount } primaryImage { url } rating { average } } } } }
"""
HOME = """
{ categories(rootOnly: true) { name children { name
  products(first: 6, sort: BEST_RATED) { edges { node { price { amount } primaryImage { url } rating { average } } } }
} } }
"""
COMPARE = """
{ a: product(by: {sku: "S-0"}) { ...it } b: product(by: {sku: "S-1"}) { ...it } c: product(by: {sku: "S-2"}) { ...it } }
fragment it on Product { specifications { key value } myReview { rating } }
"""
REPRESENTATIONS = "query($r: [_Any!]!) { _entities(representations: $r) { %s } }"
ENTITIES = {
    "order history": (3, "... on Product { slug primaryImage { url } availability { inStock } myReview { rating } }"),
    "order page": (
        5,
        "... on Product { category { name } reviews(first: 3) { edges { node { rating author { id } } } } "
        "related(first: 4) { name price { amount } primaryImage { url } } }",
    ),
    "cart": (2, "... on Product { name price { amount } primaryImage { url } availability { availableQuantity } }"),
    "staff board": (1, "... on Product { stock { onHand reserved available } }"),
    "plain fields": (1, "... on Product { sku name description longDescription active version rating { average } }"),
    "counted, not fetched": (1, "... on Product { reviews { totalCount } }"),
    "restricted count": (2, "... on Product { reviews(minRating: 4) { totalCount } }"),
}


async def fill(stockroom, size: int) -> list[UUID]:
    """``size`` products in one category of a small tree, each with images, specifications and ``size`` reviews."""
    root = await stockroom.category("Lights")
    shelf = await stockroom.category("Lamps", root)
    products = [
        await stockroom.product(
            "Blue Lamp",
            sku=f"S-{n}",
            slug=f"lamp-{n}",
            category=shelf,
            images=2,
            specs={"Colour": "blue", "Number": str(n)},
        )
        for n in range(size)
    ]
    await stockroom.product("Green Lamp", category=shelf, images=1)
    for product in products:
        for _ in range(min(size, 3)):
            await stockroom.review(product)
        await stockroom.review(product, SHOPPER)
    for _ in range(size - 1):
        await stockroom.review(products[0])
    return products


@pytest.mark.parametrize("size", SIZES)
async def test_root_queries(room: RoomClient, stockroom, size: int) -> None:
    await fill(stockroom, size)
    assert await room.statements(DETAILS, {"slug": "lamp-0"}) == 7
    assert await room.statements(SEARCH, {"filter": None}) == 4
    chosen = {"category": "lights", "inStock": True, "specs": [{"key": "Colour", "anyOf": ["blue", "red"]}]}
    assert await room.statements(SEARCH, {"filter": chosen}) == 4
    assert await room.statements(HOME) == 4
    assert await room.statements("{ products(first: 50) { nodes { name price { amount } } } }") == 1
    assert await room.statements("{ products { totalCount } }") == 1
    assert await room.statements('{ category(by: {slug: "lamps"}) { productCount ancestors { name } } }') == 3


@pytest.mark.parametrize("size", [3, 10])
async def test_aliases_batch(room: RoomClient, stockroom, size: int) -> None:
    await fill(stockroom, size)
    assert await room.statements(COMPARE, as_user=SHOPPER) == 3


@pytest.mark.parametrize("size", SIZES)
async def test_entities(room: RoomClient, stockroom, size: int) -> None:
    products = await fill(stockroom, size)
    references = [{"__typename": "Product", "id": str(each)} for each in products]
    for name, (budget, selection) in ENTITIES.items():
        caller = {"as_user": SHOPPER, "scopes": ["catalog:read"]}
        spent = await room.statements(REPRESENTATIONS % selection, {"r": references}, **caller)
        assert spent == budget, name


@pytest.mark.parametrize("size", SIZES)
async def test_account_page(room: RoomClient, stockroom, size: int) -> None:
    for product in await fill(stockroom, size):
        await stockroom.purchase(product, SHOPPER)
    for _ in range(size):
        await stockroom.purchase(await stockroom.product(images=1), SHOPPER)
    selection = """... on User {
        reviews(first: 20) { edges { node { rating product { primaryImage { url } category { name } } } } }
        productsToReview(first: 10) { name primaryImage { url } } }"""
    reference = [{"__typename": "User", "id": str(SHOPPER)}]
    spent = await room.statements(REPRESENTATIONS % selection, {"r": reference}, as_user=SHOPPER)
    assert spent in (5, 6)  # both lists' images share a statement when both are known at the same moment


@pytest.mark.parametrize("depth", [1, 3, 6])
async def test_the_tree_costs_a_statement_per_level(room: RoomClient, stockroom, depth: int) -> None:
    parents = [await stockroom.category()]
    for _ in range(depth):
        parents = [await stockroom.category(parent=parent) for parent in parents for _ in range(2)]
    everything = "{ categories(rootOnly: false) { name ancestors { name } productCount parent { name } } }"
    assert await room.statements(everything) == 4


async def test_mixed_keys_cost_a_statement_per_key(room: RoomClient, stockroom) -> None:
    first, second = await stockroom.product(sku="A"), await stockroom.product(slug="b")
    found = await room.entities(
        "... on Product { id }",
        {"__typename": "Product", "sku": "A"},
        {"__typename": "Product", "slug": "b"},
        {"__typename": "Product", "id": str(uuid4())},
        {"__typename": "Product", "id": str(second)},
    )
    assert found == [{"id": str(first)}, {"id": str(second)}, None, {"id": str(second)}]
