"""Query fields of the product subgraph."""

from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import cost, list_size
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.pagination import page_request
from subgraphs.kernel.selections import selects
from subgraphs.product.api.access import MODERATE, sees_hidden_products
from subgraphs.product.api.entities import Category, Product, ProductConnection, Review, ReviewConnection
from subgraphs.product.api.filters import CategoryBy, ProductBy, ProductFilter, checked
from subgraphs.product.api.pages import NO_PAGE, wants_page
from subgraphs.product.api.searches import SearchConnection
from subgraphs.product.domain.catalog import ProductSort, check_query
from subgraphs.product.repository import categories as category_rows
from subgraphs.product.repository import listings, search
from subgraphs.product.repository import reviews as review_rows
from subgraphs.product.service.searching import Search, find


@strawberry.type(description="Entry points of reading.")
class Query:
    @strawberry.field(description="A product on sale; staff also find the others.")
    async def product(self, info: Info, by: ProductBy) -> Product | None:
        found = await _load(by, info.context.loaders)
        if found is not None and not found.active and not sees_hidden_products(info.context.principal):
            return None
        return found

    @strawberry.field(
        directives=[list_size("first", "last")],
        description="Products on sale, filtered and sorted; pages of 20 unless said otherwise.",
    )
    async def products(
        self,
        info: Info,
        filter: ProductFilter | None = None,
        sort: ProductSort | None = ProductSort.NEWEST,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ProductConnection:
        principal, sort = info.context.principal, sort or ProductSort.NEWEST
        wanted, keyset = checked(filter, principal), listings.SORTS[sort].keyset
        request = page_request(keyset, principal, first=first, after=after, last=last, before=before)
        page = await listings.page(wanted, sort, request) if wants_page(info) else NO_PAGE
        return ProductConnection.of(page, lambda: listings.count(wanted))

    @strawberry.field(
        directives=[cost(5), list_size("first")],
        description="Products with all words of the query in their name or description, whatever their ending; the "
        "last word may be only a beginning. A query without words finds nothing. Mistyped words are corrected only "
        "when the query as given finds nothing.",
    )
    async def search(
        self,
        info: Info,
        query: str,
        filter: ProductFilter | None = None,
        sort: ProductSort | None = ProductSort.RELEVANCE,
        first: int | None = 24,
        after: str | None = None,
    ) -> SearchConnection:
        principal, sort = info.context.principal, sort or ProductSort.RELEVANCE
        text, wanted = check_query(query), checked(filter, principal)
        request = page_request(search.keyset(sort), principal, first=first, after=after, default=24)
        asked = Search(
            text,
            wanted,
            sort,
            request,
            page=wants_page(info),
            highlights=selects(info, "edges", "highlights"),
            suggestion=selects(info, "didYouMean"),
        )
        return SearchConnection.of(await find(asked), wanted)

    @strawberry.field(description="The category tree's roots, or all categories, by name.")
    async def categories(self, root_only: bool | None = True) -> list[Category]:
        return [Category.of(row) for row in await category_rows.all_categories(roots_only=root_only is not False)]

    @strawberry.field(description="A category.")
    def category(self, info: Info, by: CategoryBy) -> Category | None:
        loaders = info.context.loaders
        found: Any = None
        if by.id:
            key = uuid_or_none(by.id)
            found = loaders.category_by_id(Category.of).load(key) if key is not None else None
        elif by.slug:
            found = loaders.category_by_slug(Category.of).load(by.slug)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="A review, unless it is hidden from the caller.")
    async def review(self, info: Info, id: strawberry.ID) -> Review | None:
        return await Review.visible(info, id)

    @strawberry.federation.field(
        requires_scopes=[[MODERATE]], description="Reviews that wait for a moderator, oldest first."
    )
    async def reviews_to_moderate(
        self, info: Info, first: int | None = 20, after: str | None = None
    ) -> ReviewConnection:
        request = page_request(review_rows.QUEUE, info.context.principal, first=first, after=after)
        page = await review_rows.queue(request) if wants_page(info) else NO_PAGE
        return ReviewConnection.of(page, review_rows.queue_length)


async def _load(by: ProductBy, loaders: Any) -> Product | None:
    found: Product | None = None
    if by.id:
        key: UUID | None = uuid_or_none(by.id)
        found = await loaders.product_by_id(Product.of).load(key) if key is not None else None
    elif by.sku:
        found = await loaders.product_by_sku(Product.of).load(by.sku)
    elif by.slug:
        found = await loaders.product_by_slug(Product.of).load(by.slug)
    return found
