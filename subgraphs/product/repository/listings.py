"""Lists of products: sort orders with their keysets, filters as SQL conditions, pages and counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, Page, PageRequest
from subgraphs.product.domain.catalog import Product, ProductFilter, ProductSort
from subgraphs.product.repository.conditions import Conditions
from subgraphs.product.repository.products import COLUMNS
from subgraphs.product.tables import DB


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of products: its keyset over the alias ``p``, and the sort values of a product that was read."""

    keyset: Keyset
    key: Callable[[Product], tuple[object, ...]]


def _sort(name: ProductSort, first: Column, value: Callable[[Product], object]) -> Sort:
    columns = (first, Column("p.id", UUID, descending=first.descending))
    return Sort(Keyset(f"product:{name}", columns), lambda product: (value(product), product.id))


SORTS: dict[ProductSort, Sort] = {
    ProductSort.NEWEST: _sort(
        ProductSort.NEWEST, Column("p.created_at", dt.datetime, descending=True), lambda p: p.created_at
    ),
    ProductSort.PRICE_ASC: _sort(ProductSort.PRICE_ASC, Column("p.price", Decimal), lambda p: p.price),
    ProductSort.PRICE_DESC: _sort(
        ProductSort.PRICE_DESC, Column("p.price", Decimal, descending=True), lambda p: p.price
    ),
    ProductSort.BEST_RATED: _sort(
        ProductSort.BEST_RATED, Column("p.rating_score", Decimal, descending=True), lambda p: p.rating_score
    ),
    ProductSort.NAME: _sort(ProductSort.NAME, Column("p.name_key", str), lambda p: p.name_key),
}
SORTS[ProductSort.RELEVANCE] = SORTS[ProductSort.NEWEST]
"""Outside a search nothing is more relevant than the newest."""

_IN_TREE = """
p.category_id IN (
    WITH RECURSIVE below (id) AS (
        SELECT c.id FROM categories c WHERE c.slug = {} AND c.deleted_at IS NULL
        UNION ALL
        SELECT c.id FROM categories c JOIN below b ON c.parent_id = b.id WHERE c.deleted_at IS NULL
    ) SELECT id FROM below
)
"""
_IN_CATEGORY = "p.category_id IN (SELECT c.id FROM categories c WHERE c.slug = {} AND c.deleted_at IS NULL)"
_HAS_SPEC = """
EXISTS (SELECT 1 FROM product_specifications s WHERE s.product_id = p.id AND s.key = {} AND s.value = ANY({}::text[]))
"""


def category_condition(conditions: Conditions, wanted: ProductFilter) -> str:
    return conditions.bind(_IN_TREE if wanted.include_descendants else _IN_CATEGORY, wanted.category)


def price_condition(conditions: Conditions, wanted: ProductFilter) -> str:
    parts = [
        conditions.bind(fragment, value)
        for fragment, value in (("p.price >= {}", wanted.price_min), ("p.price <= {}", wanted.price_max))
        if value is not None
    ]
    return " AND ".join(parts)


def stock_condition(wanted: ProductFilter) -> str:
    return "p.stock > p.reserved" if wanted.in_stock else "p.stock = p.reserved"


def rating_condition(conditions: Conditions, wanted: ProductFilter) -> str:
    return conditions.bind("p.rating_count > 0 AND p.rating_sum >= {}::float8 * p.rating_count", wanted.min_rating)


def spec_condition(conditions: Conditions, key: str, any_of: tuple[str, ...]) -> str:
    return conditions.bind(_HAS_SPEC, key, list(any_of))


def add_scope(conditions: Conditions, wanted: ProductFilter) -> None:
    """The parts of a filter that no facet offers as a choice: visibility, ids, currency."""
    if not wanted.include_archived:
        conditions.add("p.is_active")
    if wanted.ids is not None:
        conditions.add("p.id = ANY({}::uuid[])", list(wanted.ids))
    if wanted.currency is not None:
        conditions.add("p.currency = {}", wanted.currency)


def add_filter(conditions: Conditions, wanted: ProductFilter) -> None:
    """The whole filter."""
    add_scope(conditions, wanted)
    if wanted.category is not None:
        conditions.add(category_condition(conditions, wanted))
    if wanted.price_min is not None or wanted.price_max is not None:
        conditions.add(price_condition(conditions, wanted))
    if wanted.in_stock is not None:
        conditions.add(stock_condition(wanted))
    if wanted.min_rating is not None:
        conditions.add(rating_condition(conditions, wanted))
    for key, any_of in wanted.specs:
        conditions.add(spec_condition(conditions, key, any_of))


async def page(wanted: ProductFilter, sort: ProductSort, request: PageRequest) -> Page[Product]:
    """One page of the catalog."""
    conditions = Conditions()
    add_filter(conditions, wanted)
    conditions.add_page(request)
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM products p WHERE {conditions.sql}
        ORDER BY {request.order_by} LIMIT {request.limit}
        """,
        *conditions.arguments,
    )
    return request.page([Product(*row) for row in rows], SORTS[sort].key)


async def count(wanted: ProductFilter) -> int:
    """How many products pass the filter."""
    conditions = Conditions()
    add_filter(conditions, wanted)
    found: int = await DB.fetch_value(f"SELECT count(*) FROM products p WHERE {conditions.sql}", *conditions.arguments)
    return found
