"""Products and categories as the repository reads them, filters of lists, and who sees what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from subgraphs.kernel.refusals import Forbidden, Invalid

LOW_STOCK = 5
"""From this number of available units down a product is low on stock."""

MAX_QUERY_LENGTH = 200
MAX_FILTER_SPECS = 20
"""Each is a condition of its own in three statements: PostgreSQL takes seconds to plan hundreds of them."""


class ProductSort(StrEnum):
    """Orders of product lists; every one ends in the id, so it is total."""

    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"
    PRICE_ASC = "PRICE_ASC"
    PRICE_DESC = "PRICE_DESC"
    BEST_RATED = "BEST_RATED"
    NAME = "NAME"


@dataclass(slots=True)
class Product:
    """One product; the fields stand in the order of the repository's columns."""

    id: UUID
    sku: str
    slug: str
    name: str
    description: str | None
    long_description: str | None
    category_id: UUID | None
    price: Decimal
    currency: str
    stock: int
    reserved: int
    rating_sum: int
    rating_count: int
    rating_score: Decimal
    is_active: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
    name_key: str

    @property
    def available(self) -> int:
        """Units that can still be ordered."""
        return self.stock - self.reserved

    @property
    def average_rating(self) -> float | None:
        """Stars of an average visible review, two digits; None without reviews."""
        return round(self.rating_sum / self.rating_count, 2) if self.rating_count else None


@dataclass(slots=True)
class Category:
    """One category; the fields stand in the order of the repository's columns."""

    id: UUID
    slug: str
    name: str
    description: str | None
    parent_id: UUID | None


@dataclass(slots=True)
class Image:
    url: str
    alt_text: str | None
    is_primary: bool
    sort_order: int


@dataclass(slots=True)
class Found:
    """A product that a search found."""

    product: Product
    score: Decimal
    highlights: list[str]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many results a further choice would leave."""

    facet: str
    value: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """What a list of products is restricted to; everything given must hold."""

    ids: tuple[UUID, ...] | None = None
    category: str | None = None
    include_descendants: bool = True
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str | None = None
    in_stock: bool | None = None
    min_rating: float | None = None
    specs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    include_archived: bool = False


def check_filter(wanted: ProductFilter, *, staff: bool) -> ProductFilter:
    """The filter itself; Forbidden when customers ask for archived products."""
    if wanted.include_archived and not staff:
        raise Forbidden("Archived products are for catalog staff.", path=["filter", "includeArchived"])
    return wanted


def check_query(query: str) -> str:
    """The trimmed search text; Invalid ``QUERY_TOO_LONG``."""
    if len(query) > MAX_QUERY_LENGTH:
        raise Invalid(f"A search has at most {MAX_QUERY_LENGTH} characters.", code="QUERY_TOO_LONG", path=["query"])
    return query.replace("\x00", " ").strip()
