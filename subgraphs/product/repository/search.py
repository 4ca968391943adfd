"""Full text search: hits of all words, the last one as a prefix, over the weighted document of each product (S-089).

The query is computed once per statement (``asked``), so its cost does not grow with the rows it is compared to.
"""

from __future__ import annotations

import html
from decimal import Decimal
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, Page, PageRequest
from subgraphs.product.domain.catalog import FacetValue, Found, Product, ProductFilter, ProductSort
from subgraphs.product.repository import listings
from subgraphs.product.repository.conditions import Conditions
from subgraphs.product.repository.products import COLUMNS
from subgraphs.product.tables import DB

_SCORE = "round(ts_rank_cd(p.search, asked.query)::numeric, 6)"
_RELEVANCE = Keyset(
    "search:RELEVANCE", (Column(_SCORE, Decimal, descending=True), Column("p.id", UUID, descending=True))
)
_ASKED = "WITH asked AS MATERIALIZED (SELECT product_search_query($1) AS query)"
_START, _STOP = "\ue000", "\ue001"
"""Marks around highlighted words: private characters that survive HTML escaping."""

_ANY_WORD = "(SELECT replace(query::text, '&', '|')::tsquery AS any_word FROM asked) AS asked"
"""One text rarely holds all the words that are spread over the name and the description."""

_FOUND = f"{COLUMNS.replace('p.', 'found.')}, found.score"
_HEADLINES = f"""
    ts_headline('english', found.name, asked.any_word,
        'StartSel={_START},StopSel={_STOP},HighlightAll=true') AS in_name,
    ts_headline('english', coalesce(found.description, ''), asked.any_word,
        'StartSel={_START},StopSel={_STOP},MaxFragments=2,MinWords=5,MaxWords=20') AS in_description
"""


def keyset(sort: ProductSort) -> Keyset:
    """The order of hits: by score, or any order of the catalog."""
    return _RELEVANCE if sort is ProductSort.RELEVANCE else listings.SORTS[sort].keyset


async def page(
    query: str, wanted: ProductFilter, sort: ProductSort, request: PageRequest, *, highlights: bool
) -> Page[Found]:
    """One page of hits; highlighted fragments cost time per hit and are made only when wanted."""
    conditions = Conditions(query)
    conditions.add("p.search @@ asked.query")
    listings.add_filter(conditions, wanted)
    conditions.add_page(request)
    hits = f"""
        SELECT {COLUMNS}, {_SCORE} AS score FROM asked CROSS JOIN products p WHERE {conditions.sql}
        ORDER BY {request.order_by} LIMIT {request.limit}
    """
    if highlights:
        hits = f"SELECT {_FOUND}, {_HEADLINES} FROM {_ANY_WORD} CROSS JOIN ({hits}) AS found"
    rows = await DB.fetch(f"{_ASKED} {hits}", *conditions.arguments)
    found = [Found(Product(*row[:_WIDTH]), row[_WIDTH], _highlights(row[_WIDTH + 1 :])) for row in rows]
    if sort is ProductSort.RELEVANCE:
        return request.page(found, lambda hit: (hit.score, hit.product.id))
    key = listings.SORTS[sort].key
    return request.page(found, lambda hit: key(hit.product))


_WIDTH = COLUMNS.count("p.")


def _highlights(fragments: tuple[str, ...]) -> list[str]:
    """HTML with <mark> around the words that matched; nothing else in it is markup."""
    return [
        html.escape(fragment, quote=False).replace(_START, "<mark>").replace(_STOP, "</mark>")
        for fragment in fragments
        if _START in fragment
    ]


async def count(query: str, wanted: ProductFilter) -> int:
    """How many products a search finds."""
    conditions = Conditions(query)
    conditions.add("p.search @@ asked.query")
    listings.add_filter(conditions, wanted)
    found: int = await DB.fetch_value(
        f"{_ASKED} SELECT count(*) FROM asked CROSS JOIN products p WHERE {conditions.sql}", *conditions.arguments
    )
    return found


_FACETS = """
    , hits AS MATERIALIZED (
        SELECT p.id, p.category_id, p.price, p.stock > p.reserved AS in_stock,
            CASE WHEN p.rating_count > 0 THEN floor(p.rating_sum::numeric / p.rating_count)::int END AS stars,
            {category} AS category_fits, {price} AS price_fits, {stock} AS stock_fits, {rating} AS rating_fits,
            {specs} AS missed_specs
        FROM asked CROSS JOIN products p WHERE {scope}
    ),
    choices AS (
        SELECT 'category' AS facet, c.slug AS value, count(*) AS hits
        FROM hits h JOIN categories c ON c.id = h.category_id AND c.deleted_at IS NULL
        WHERE h.price_fits AND h.stock_fits AND h.rating_fits AND h.missed_specs = '{{}}' GROUP BY c.slug
        UNION ALL
        SELECT 'price', (ARRAY['0-25', '25-50', '50-100', '100-250', '250-500', '500-'])
            [width_bucket(h.price, ARRAY[0, 25, 50, 100, 250, 500]::numeric[])], count(*)
        FROM hits h
        WHERE h.category_fits AND h.stock_fits AND h.rating_fits AND h.missed_specs = '{{}}' GROUP BY 2
        UNION ALL
        SELECT 'inStock', h.in_stock::text, count(*)
        FROM hits h
        WHERE h.category_fits AND h.price_fits AND h.rating_fits AND h.missed_specs = '{{}}' GROUP BY 2
        UNION ALL
        SELECT 'rating', least_stars::text, count(*)
        FROM hits h CROSS JOIN generate_series(1, 4) AS least_stars
        WHERE h.stars >= least_stars
            AND h.category_fits AND h.price_fits AND h.stock_fits AND h.missed_specs = '{{}}' GROUP BY 2
        UNION ALL
        SELECT 'spec:' || s.key, s.value, count(*)
        FROM hits h JOIN product_specifications s ON s.product_id = h.id
        WHERE h.category_fits AND h.price_fits AND h.stock_fits AND h.rating_fits
            AND h.missed_specs <@ ARRAY[s.key::text] GROUP BY 1, 2
    ),
    ranked AS (
        SELECT facet, value, hits, row_number() OVER (PARTITION BY facet ORDER BY hits DESC, value) AS place
        FROM choices
    )
    SELECT facet, value, hits FROM ranked WHERE place <= {limit} ORDER BY facet, place
"""
MAX_FACET_VALUES = 50
MAX_FACETS = 100


async def facets(query: str, wanted: ProductFilter) -> list[FacetValue]:
    """Every choice that would narrow the search, with the number of results it would leave; one statement.

    The filter's own part on a facet does not narrow that facet, so that a second value can be chosen beside the first.
    Facets are ``category`` (slugs), ``price`` (ranges), ``inStock``, ``rating`` (at least so many stars) and one
    ``spec:<key>`` per specification.
    """
    conditions = Conditions(query)
    conditions.add("p.search @@ asked.query")
    listings.add_scope(conditions, wanted)
    misses = [
        f"CASE WHEN {listings.spec_condition(conditions, key, any_of)} THEN NULL "
        f"ELSE {conditions.bind('{}::text', key)} END"
        for key, any_of in wanted.specs
    ]
    priced = wanted.price_min is not None or wanted.price_max is not None
    body = _FACETS.format(
        category="TRUE" if wanted.category is None else listings.category_condition(conditions, wanted),
        price=listings.price_condition(conditions, wanted) if priced else "TRUE",
        stock="TRUE" if wanted.in_stock is None else listings.stock_condition(wanted),
        rating="TRUE" if wanted.min_rating is None else f"({listings.rating_condition(conditions, wanted)})",
        specs=f"array_remove(ARRAY[{', '.join(misses)}]::text[], NULL)",
        scope=conditions.sql,
        limit=MAX_FACET_VALUES,
    )
    rows = await DB.fetch(f"{_ASKED} {body}", *conditions.arguments)
    chosen = _chosen(wanted)
    return [FacetValue(facet, value, hits, (facet, value) in chosen) for facet, value, hits in rows]


def _chosen(wanted: ProductFilter) -> set[tuple[str, str]]:
    chosen = {(f"spec:{key}", value) for key, any_of in wanted.specs for value in any_of}
    if wanted.category is not None:
        chosen.add(("category", wanted.category))
    if wanted.in_stock is not None:
        chosen.add(("inStock", str(wanted.in_stock).lower()))
    if wanted.min_rating is not None:
        chosen.add(("rating", f"{wanted.min_rating:g}"))
    if wanted.price_min is not None or wanted.price_max is not None:
        low = f"{wanted.price_min or 0:f}".rstrip("0").rstrip(".") or "0"
        high = "" if wanted.price_max is None else f"{wanted.price_max:f}"
        chosen.add(("price", f"{_plain(low)}-{_plain(high)}"))
    return chosen


def _plain(number: str) -> str:
    """``100.00`` and ``100`` are the same bound."""
    return f"{Decimal(number).normalize():f}" if number else ""
