"""The entities Product, Category and Review with their connections.

They stand in one module because each leads to the others. Fields without a resolver are plain attributes: the fast
path of long lists. What is not selected is not fetched.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import list_size
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.pagination import Page, check_limit, page_request
from subgraphs.kernel.refusals import Invalid
from subgraphs.kernel.shared_types import Money, PageInfo
from subgraphs.product.api.access import moderates
from subgraphs.product.api.pages import NO_PAGE, wants_page
from subgraphs.product.api.values import (
    Availability,
    ProductImage,
    RatingBucket,
    Specification,
    StockLevel,
)
from subgraphs.product.domain import catalog as rows
from subgraphs.product.domain import reviews as review_rows
from subgraphs.product.domain.catalog import ProductSort
from subgraphs.product.domain.reviews import ReviewSort, ReviewStatus
from subgraphs.product.repository.listings import SORTS as PRODUCT_SORTS
from subgraphs.product.repository.reviews import SORTS as REVIEW_SORTS

Count = Callable[[], Any]
"""Counts when asked: an int, or an awaitable of one."""


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)], description="What everybody may know about a person."
)
class PublicProfile:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")


@strawberry.type(description="What customers think of a product, in figures.")
class RatingSummary:
    average: float | None = strawberry.field(description="Average number of stars, two digits; null without reviews.")
    count: int = strawberry.field(description="Number of published reviews.")
    product_id: strawberry.Private[UUID]

    @strawberry.field(description="Number of reviews per number of stars, five stars first.")
    async def histogram(self, info: Info) -> list[RatingBucket]:
        found = await info.context.loaders.histogram().load(self.product_id) if self.count else {}
        return [RatingBucket(stars=stars, count=found.get(stars, 0)) for stars in (5, 4, 3, 2, 1)]


@strawberry.federation.type(keys=["id", "sku", "slug"], description="An article of the catalog.")
class Product:
    id: strawberry.ID = strawberry.field(description="Identity of the product.")
    sku: str = strawberry.field(description="Stock keeping unit, unique among live products.")
    slug: str = strawberry.field(description="Name in addresses, unique among live products.")
    name: str = strawberry.field(description="Name of the product.")
    description: str | None = strawberry.field(description="One paragraph for lists.")
    long_description: str | None = strawberry.field(description="Full text for the product page.")
    price: Money = strawberry.field(description="The current price of one unit.")
    availability: Availability = strawberry.field(description="Whether and how many units can be bought right now.")
    rating: RatingSummary = strawberry.field(description="What customers think of it, in figures.")
    active: bool = strawberry.field(
        description="Whether it is on sale; false only where an order, a cart or a review still refers to it."
    )
    created_at: dt.datetime = strawberry.field(description="When it entered the catalog.")
    updated_at: dt.datetime = strawberry.field(description="When anything about it last changed.")
    version: int = strawberry.field(
        description="Raised by one at every edit; an edit names the version it is based on."
    )
    row: strawberry.Private[rows.Product]

    @strawberry.field(description="Category it is sorted into.")
    def category(self, info: Info) -> "Category | None":
        key = self.row.category_id
        found: Any = None if key is None else info.context.loaders.category_by_id(Category.of).load(key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Its pictures, in order.")
    def images(self, info: Info, first: int | None = 20) -> list[ProductImage]:
        limit = check_limit(first, info.context.principal, default=20)
        found: Any = info.context.loaders.images(limit, ProductImage.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="The picture that stands for it: the primary one, else the first.")
    def primary_image(self, info: Info) -> ProductImage | None:
        found: Any = info.context.loaders.primary_image(ProductImage.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Facts about it, by key.")
    def specifications(self, info: Info) -> list[Specification]:
        found: Any = info.context.loaders.specifications(Specification.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        directives=[list_size("first")], description="Its published reviews, optionally with at least minRating stars."
    )
    async def reviews(
        self,
        info: Info,
        first: int | None = 10,
        after: str | None = None,
        sort: ReviewSort | None = ReviewSort.HELPFUL,
        min_rating: int | None = None,
    ) -> "ReviewConnection":
        sort, least = sort or ReviewSort.HELPFUL, 1 if min_rating is None else min_rating
        if not 1 <= least <= 5:
            raise Invalid("minRating is one to five stars.", code="RATING_OUT_OF_RANGE", path=["minRating"])
        request = page_request(REVIEW_SORTS[sort], info.context.principal, first=first, after=after, default=10)
        loaders = info.context.loaders
        page = await loaders.product_reviews(sort, least, request).load(self.row.id) if wants_page(info) else NO_PAGE
        return ReviewConnection.of(page, lambda: self._review_count(loaders, least))

    def _review_count(self, loaders: Any, least: int) -> Any:
        """The stored counter; only a restricted list needs the histogram."""
        return self.rating.count if least == 1 else _count_from(loaders, self.row.id, least)

    @strawberry.federation.field(authenticated=True, description="The caller's own review of it, in any state.")
    def my_review(self, info: Info) -> "Review | None":
        viewer = info.context.principal.user_id
        if viewer is None:
            return None
        found: Any = info.context.loaders.review_of_product(viewer, Review.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Other products of its category, the best rated first.")
    def related(self, info: Info, first: int | None = 8) -> list["Product"]:
        limit = check_limit(first, info.context.principal, default=8)
        found: Any = info.context.loaders.related(limit, Product.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.federation.field(requires_scopes=[["catalog:read"]], description="Units in the warehouse; for staff.")
    def stock(self) -> StockLevel | None:
        return StockLevel(on_hand=self.row.stock, reserved=self.row.reserved, available=self.row.available)

    @classmethod
    def of(cls, row: rows.Product) -> "Product":
        available = row.available
        return cls(
            id=strawberry.ID(str(row.id)),
            sku=row.sku,
            slug=row.slug,
            name=row.name,
            description=row.description,
            long_description=row.long_description,
            price=Money(amount=row.price, currency=row.currency),
            availability=Availability(
                in_stock=available > 0, low_stock=available <= rows.LOW_STOCK, available_quantity=available
            ),
            rating=RatingSummary(average=row.average_rating, count=row.rating_count, product_id=row.id),
            active=row.is_active,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            row=row,
        )

    @classmethod
    def resolve_reference(
        cls, info: Info, id: str | None = None, sku: str | None = None, slug: str | None = None, **_: Any
    ) -> Any:
        """Products in any state: what orders, carts and reviews refer to stays readable."""
        loaders = info.context.loaders
        if id is not None:
            return loaders.product_by_id(Product.of).load(UUID(id))
        if sku is not None:
            return loaders.product_by_sku(Product.of).load(str(sku))
        if slug is not None:
            return loaders.product_by_slug(Product.of).load(str(slug))
        raise ValueError("no key of Product")


@strawberry.type(description="A product in a list.")
class ProductEdge:
    cursor: str = strawberry.field(description="Position in the list.")
    node: Product = strawberry.field(description="The product.")


@strawberry.type(description="One page of products.")
class ProductConnection:
    edges: list[ProductEdge] = strawberry.field(description="Products with their positions.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Count]

    @strawberry.field(description="The products alone.")
    def nodes(self) -> list[Product]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="Number of products in the whole list; counted only when asked for.")
    def total_count(self) -> int:
        return self.count()  # type: ignore[no-any-return]

    @classmethod
    def of(cls, page: Page[rows.Product], count: Count) -> "ProductConnection":
        edges = [ProductEdge(cursor=edge.cursor, node=Product.of(edge.node)) for edge in page.edges]
        return cls(edges=edges, page_info=page.info, count=count)


@strawberry.federation.type(keys=["id", "slug"], description="A category of the catalog; categories form a tree.")
class Category:
    id: strawberry.ID = strawberry.field(description="Identity of the category.")
    slug: str = strawberry.field(description="Name in addresses, unique.")
    name: str = strawberry.field(description="Name, unique among its siblings.")
    description: str | None = strawberry.field(description="What belongs here.")
    row: strawberry.Private[rows.Category]

    @strawberry.field(description="The category above; null for a root.")
    def parent(self, info: Info) -> "Category | None":
        key = self.row.parent_id
        found: Any = None if key is None else info.context.loaders.category_by_id(Category.of).load(key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="The way from the root down to this category, itself left out.")
    def ancestors(self, info: Info) -> list["Category"]:
        if self.row.parent_id is None:
            return []
        found: Any = info.context.loaders.ancestors(Category.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="The categories directly below, by name.")
    def children(self, info: Info) -> list["Category"]:
        found: Any = info.context.loaders.children(Category.of).load(self.row.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        directives=[list_size("first")], description="Products on sale in this category and everything below it."
    )
    async def products(
        self,
        info: Info,
        first: int | None = 24,
        after: str | None = None,
        sort: ProductSort | None = ProductSort.NEWEST,
    ) -> ProductConnection:
        sort, loaders = sort or ProductSort.NEWEST, info.context.loaders
        keyset = PRODUCT_SORTS[sort].keyset
        request = page_request(keyset, info.context.principal, first=first, after=after, default=24)
        page = await loaders.category_products(sort, request).load(self.row.id) if wants_page(info) else NO_PAGE
        return ProductConnection.of(page, lambda: loaders.product_count().load(self.row.id))

    @strawberry.field(description="Number of products on sale in this category and everything below it.")
    def product_count(self, info: Info) -> int:
        count: Any = info.context.loaders.product_count().load(self.row.id)
        return count  # type: ignore[no-any-return]

    @classmethod
    def of(cls, row: rows.Category) -> "Category":
        return cls(id=strawberry.ID(str(row.id)), slug=row.slug, name=row.name, description=row.description, row=row)

    @classmethod
    def resolve_reference(cls, info: Info, id: str | None = None, slug: str | None = None, **_: Any) -> Any:
        loaders = info.context.loaders
        if id is not None:
            return loaders.category_by_id(Category.of).load(UUID(id))
        if slug is not None:
            return loaders.category_by_slug(Category.of).load(str(slug))
        raise ValueError("no key of Category")


@strawberry.federation.type(keys=["id"], description="What a customer says about a product.")
class Review:
    id: strawberry.ID = strawberry.field(description="Identity of the review.")
    author: PublicProfile = strawberry.field(description="Who wrote it, as everybody may know them.")
    rating: int = strawberry.field(description="One to five stars.")
    title: str | None = strawberry.field(description="Headline.")
    comment: str | None = strawberry.field(description="The text.")
    verified_purchase: bool = strawberry.field(
        description="Whether an order of the author with this product was delivered."
    )
    helpful_count: int = strawberry.field(description="How many customers found it helpful.")
    status: ReviewStatus = strawberry.field(description="Who sees it.")
    created_at: dt.datetime = strawberry.field(description="When it was written.")
    updated_at: dt.datetime = strawberry.field(description="When anything about it last changed.")
    row: strawberry.Private[review_rows.Review]

    @strawberry.field(description="The product it is about, even when it is no longer on sale.")
    def product(self, info: Info) -> Product:
        found: Any = info.context.loaders.product_by_id(Product.of).load(self.row.product_id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Whether the caller found it helpful; null for anonymous callers.")
    def voted_by_me(self, info: Info) -> bool | None:
        viewer = info.context.principal.user_id
        if viewer is None:
            return None
        voted: Any = info.context.loaders.voted(viewer).load(self.row.id)
        return voted  # type: ignore[no-any-return]

    @classmethod
    def of(cls, row: review_rows.Review) -> "Review":
        return cls(
            id=strawberry.ID(str(row.id)),
            author=PublicProfile(id=strawberry.ID(str(row.user_id))),
            rating=row.rating,
            title=row.title,
            comment=row.comment,
            verified_purchase=row.verified_purchase,
            helpful_count=row.helpful_count,
            status=ReviewStatus(row.status),
            created_at=row.created_at,
            updated_at=row.updated_at,
            row=row,
        )

    @classmethod
    async def visible(cls, info: Info, review_id: str) -> "Review | None":
        """The review, unless it is hidden from the caller."""
        key, principal = uuid_or_none(review_id), info.context.principal
        row = await info.context.loaders.review_by_id().load(key) if key is not None else None
        if row is None or not review_rows.visible(row, principal.user_id, moderator=moderates(principal)):
            return None
        return cls.of(row)

    @classmethod
    def resolve_reference(cls, info: Info, id: str, **_: Any) -> Any:
        return cls.visible(info, id)


@strawberry.type(description="A review in a list.")
class ReviewEdge:
    cursor: str = strawberry.field(description="Position in the list.")
    node: Review = strawberry.field(description="The review.")


@strawberry.type(description="One page of reviews.")
class ReviewConnection:
    edges: list[ReviewEdge] = strawberry.field(description="Reviews with their positions.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Count]

    @strawberry.field(description="Number of reviews in the whole list; counted only when asked for.")
    def total_count(self) -> int:
        return self.count()  # type: ignore[no-any-return]

    @classmethod
    def of(cls, page: Page[review_rows.Review], count: Count) -> "ReviewConnection":
        edges = [ReviewEdge(cursor=edge.cursor, node=Review.of(edge.node)) for edge in page.edges]
        return cls(edges=edges, page_info=page.info, count=count)


async def _count_from(loaders: Any, product_id: UUID, least: int) -> int:
    histogram = await loaders.histogram().load(product_id)
    return sum(reviews for stars, reviews in histogram.items() if stars >= least)
