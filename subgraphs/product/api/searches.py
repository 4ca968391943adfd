"""SearchConnection: hits, and what is said about all of them when it is asked for."""

from itertools import groupby
from typing import Any

import strawberry

from subgraphs.kernel.shared_types import PageInfo
from subgraphs.product.api.entities import Product
from subgraphs.product.api.values import Facet, FacetValue
from subgraphs.product.domain import catalog
from subgraphs.product.repository import search
from subgraphs.product.service.searching import Result

_ORDER = ("category", "price", "rating", "inStock")


@strawberry.type(description="A product that a search found.")
class SearchEdge:
    cursor: str = strawberry.field(description="Position in the list.")
    node: Product = strawberry.field(description="The product.")
    score: float = strawberry.field(description="How well it fits; comparable within one search.")
    highlights: list[str] = strawberry.field(
        description="Fragments of the name and the description as HTML, <mark> around the words that were found."
    )


@strawberry.type(description="One page of what a search found.")
class SearchConnection:
    edges: list[SearchEdge] = strawberry.field(description="Hits with their positions.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    did_you_mean: str | None = strawberry.field(
        description="Another spelling, when the query as given finds little; the hits are those of the query as given."
    )
    corrected_query: str | None = strawberry.field(
        description="The spelling that was searched for instead, when the query as given finds nothing."
    )
    query: strawberry.Private[str]
    wanted: strawberry.Private[catalog.ProductFilter]

    @strawberry.field(description="Number of hits; counted only when asked for.")
    async def total_count(self) -> int:
        return await search.count(self.query, self.wanted) if self.query else 0

    @strawberry.field(description="Ways to narrow the search, with the number of hits each choice would leave.")
    async def facets(self) -> list[Facet]:
        found = await search.facets(self.query, self.wanted) if self.query else []
        facets = [
            Facet(
                name=name,
                values=[FacetValue(value=each.value, count=each.count, selected=each.selected) for each in values],
            )
            for name, values in groupby(found, key=lambda each: each.facet)
        ]
        return sorted(facets, key=_place)[: search.MAX_FACETS]

    @classmethod
    def of(cls, result: Result, wanted: catalog.ProductFilter) -> "SearchConnection":
        edges = [
            SearchEdge(
                cursor=edge.cursor,
                node=Product.of(edge.node.product),
                score=float(edge.node.score),
                highlights=edge.node.highlights,
            )
            for edge in result.page.edges
        ]
        return cls(
            edges=edges,
            page_info=result.page.info,
            did_you_mean=result.suggestion,
            corrected_query=result.corrected,
            query=result.text,
            wanted=wanted,
        )


def _place(facet: Facet) -> tuple[Any, ...]:
    return (_ORDER.index(facet.name), "") if facet.name in _ORDER else (len(_ORDER), facet.name)
