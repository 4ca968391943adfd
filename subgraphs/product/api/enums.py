"""Enumerations of the product graph are the domain's own, so SQL, Python and GraphQL have one set."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from subgraphs.product.domain.catalog import ProductSort
from subgraphs.product.domain.reviews import ReviewSort, ReviewStatus


def _enum(kind: type[Enum], description: str, values: Mapping[Any, str]) -> None:
    strawberry.enum(kind, description=description)
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[kind[value.name]]


_enum(
    ReviewStatus,
    "Who sees a review.",
    {
        ReviewStatus.PUBLISHED: "Everyone sees it.",
        ReviewStatus.PENDING: "It waits for a moderator; its author and moderators see it.",
        ReviewStatus.REJECTED: "A moderator refused it; its author and moderators see it.",
    },
)
_enum(
    ReviewSort,
    "Orders of a product's reviews.",
    {
        ReviewSort.HELPFUL: "Most helpful votes first, then newest.",
        ReviewSort.NEWEST: "Newest first.",
        ReviewSort.HIGHEST: "Most stars first, then newest.",
        ReviewSort.LOWEST: "Fewest stars first, then oldest.",
    },
)
_enum(
    ProductSort,
    "Orders of product lists; products that are equal in it follow their ids.",
    {
        ProductSort.RELEVANCE: "Best match first in a search; newest first anywhere else.",
        ProductSort.NEWEST: "Newest first.",
        ProductSort.PRICE_ASC: "Cheapest first.",
        ProductSort.PRICE_DESC: "Dearest first.",
        ProductSort.BEST_RATED: "Best average rating first, weighed by the number of reviews behind it.",
        ProductSort.NAME: "By name, regardless of case and accents.",
    },
)
