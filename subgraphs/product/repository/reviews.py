"""Pages of reviews: visible ones per product, a user's own, those that wait for a moderator."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, Page, PageRequest
from subgraphs.product.domain.reviews import Review, ReviewSort
from subgraphs.product.repository.conditions import Conditions
from subgraphs.product.tables import DB

COLUMNS = """
    r.id, r.product_id, r.user_id, r.rating, r.title, r.comment, r.verified_purchase, r.helpful_count, r.status,
    r.created_at, r.updated_at
"""
_VISIBLE = "r.status = 'published' AND r.deleted_at IS NULL"


def _keyset(name: str, *columns: Column, descending: bool = True) -> Keyset:
    times = (Column("r.created_at", dt.datetime, descending), Column("r.id", UUID, descending))
    return Keyset(f"review:{name}", (*columns, *times))


SORTS: Mapping[ReviewSort, Keyset] = {
    ReviewSort.HELPFUL: _keyset(ReviewSort.HELPFUL, Column("r.helpful_count", int, descending=True)),
    ReviewSort.NEWEST: _keyset(ReviewSort.NEWEST),
    ReviewSort.HIGHEST: _keyset(ReviewSort.HIGHEST, Column("r.rating", int, descending=True)),
    ReviewSort.LOWEST: _keyset(ReviewSort.LOWEST, Column("r.rating", int), descending=False),
}
"""Each order is one index read forwards or backwards; LOWEST is HIGHEST reversed."""

_KEYS: Mapping[ReviewSort, Callable[[Review], tuple[object, ...]]] = {
    ReviewSort.HELPFUL: lambda r: (r.helpful_count, r.created_at, r.id),
    ReviewSort.NEWEST: lambda r: (r.created_at, r.id),
    ReviewSort.HIGHEST: lambda r: (r.rating, r.created_at, r.id),
    ReviewSort.LOWEST: lambda r: (r.rating, r.created_at, r.id),
}

QUEUE = _keyset("QUEUE", descending=False)
"""Oldest first: what moderators work through."""


async def by_id(ids: Sequence[UUID]) -> Mapping[UUID, Review]:
    """Live reviews in any state; the caller decides who sees them."""
    rows = await DB.fetch(
        f"SELECT {COLUMNS} FROM product_reviews r WHERE r.id = ANY($1::uuid[]) AND r.deleted_at IS NULL", ids
    )
    return {row["id"]: Review(*row) for row in rows}


async def by_author(author: UUID, product_ids: Sequence[UUID]) -> Mapping[UUID, Review]:
    """The author's live review of each product, in any state."""
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM product_reviews r
        WHERE r.user_id = $1 AND r.product_id = ANY($2::uuid[]) AND r.deleted_at IS NULL
        """,
        author,
        product_ids,
    )
    return {row["product_id"]: Review(*row) for row in rows}


async def voted_by(voter: UUID, review_ids: Sequence[UUID]) -> Mapping[UUID, bool]:
    """True for the reviews that the voter found helpful."""
    rows = await DB.fetch(
        "SELECT v.review_id FROM review_votes v WHERE v.user_id = $1 AND v.review_id = ANY($2::uuid[])",
        voter,
        review_ids,
    )
    return {row[0]: True for row in rows}


async def product_pages(
    sort: ReviewSort, least_stars: int, request: PageRequest, ids: Sequence[UUID]
) -> Mapping[UUID, Page[Review]]:
    """One page of visible reviews per product; the sort's index gives each its first rows."""
    conditions = Conditions(ids)
    if least_stars > 1:
        conditions.add("r.rating >= {}", least_stars)
    conditions.add_page(request)
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM product_reviews r
            WHERE r.product_id = k.key AND {_VISIBLE} AND {conditions.sql}
            ORDER BY {request.order_by} LIMIT {request.limit}
        ) AS r ORDER BY r.product_id, {request.order_by}
        """,
        *conditions.arguments,
    )
    return _pages(ids, rows, lambda review: review.product_id, request, _KEYS[sort])


async def author_pages(
    viewer: UUID | None, moderator: bool, request: PageRequest, ids: Sequence[UUID]
) -> Mapping[UUID, Page[Review]]:
    """One page of each user's reviews, newest first: all for the author and moderators, else the published ones."""
    conditions = Conditions(ids, viewer, moderator)
    conditions.add_page(request)
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM product_reviews r
            WHERE r.user_id = k.key AND r.deleted_at IS NULL
                AND (r.status = 'published' OR k.key = $2::uuid OR $3::boolean) AND {conditions.sql}
            ORDER BY {request.order_by} LIMIT {request.limit}
        ) AS r ORDER BY r.user_id, {request.order_by}
        """,
        *conditions.arguments,
    )
    return _pages(ids, rows, lambda review: review.user_id, request, _KEYS[ReviewSort.NEWEST])


async def author_counts(viewer: UUID | None, moderator: bool, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many reviews of each user the viewer may see."""
    rows = await DB.fetch(
        """
        SELECT r.user_id, count(*) FROM product_reviews r
        WHERE r.user_id = ANY($1::uuid[]) AND r.deleted_at IS NULL
            AND (r.status = 'published' OR r.user_id = $2::uuid OR $3::boolean)
        GROUP BY r.user_id
        """,
        ids,
        viewer,
        moderator,
    )
    return {row[0]: row[1] for row in rows}


async def queue(request: PageRequest) -> Page[Review]:
    """Reviews that wait for a moderator, oldest first."""
    conditions = Conditions()
    conditions.add_page(request)
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM product_reviews r
        WHERE r.status = 'pending' AND r.deleted_at IS NULL AND {conditions.sql}
        ORDER BY {request.order_by} LIMIT {request.limit}
        """,
        *conditions.arguments,
    )
    return request.page([Review(*row) for row in rows], _KEYS[ReviewSort.NEWEST])


async def queue_length() -> int:
    length: int = await DB.fetch_value(
        "SELECT count(*) FROM product_reviews r WHERE r.status = 'pending' AND r.deleted_at IS NULL"
    )
    return length


def _pages(
    ids: Sequence[UUID],
    rows: Iterable[Sequence[object]],
    owner: Callable[[Review], UUID],
    request: PageRequest,
    key: Callable[[Review], tuple[object, ...]],
) -> Mapping[UUID, Page[Review]]:
    found: defaultdict[UUID, list[Review]] = defaultdict(list)
    for row in rows:
        review = Review(*row)  # type: ignore[arg-type]  # a record in the order of COLUMNS
        found[owner(review)].append(review)
    return {each: request.page(found[each], key) for each in ids}
