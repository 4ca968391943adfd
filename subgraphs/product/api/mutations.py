"""Mutation fields of the product subgraph: arguments in, use case, payload out."""

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import not_implemented, settle
from subgraphs.kernel.federation import cost
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.product.api.access import MODERATE
from subgraphs.product.api.entities import Review
from subgraphs.product.api.payloads import (
    BulkPayload,
    CategoryInput,
    CategoryPayload,
    ProductInput,
    ProductPayload,
    ReviewInput,
    ReviewPayload,
)
from subgraphs.product.api.reservations import ReservationResult, StockLine
from subgraphs.product.domain.reviews import ReviewStatus
from subgraphs.product.service import reviews, stock

_CATALOG = [["catalog:write"]]
_STOCK = [["stock:write"]]


@strawberry.type(description="Entry points of writing.")
class Mutation:
    @strawberry.federation.mutation(
        authenticated=True, description="Review a product; once per product. Reviews with links wait for a moderator."
    )
    async def create_review(self, info: Info, input: ReviewInput) -> ReviewPayload:
        async def work() -> Review:
            given = (input.product_id, input.rating, input.title, input.comment)
            return Review.of(await reviews.create_review(info.context.principal, *given))

        return await settle(ReviewPayload, "review", work())

    @strawberry.federation.mutation(authenticated=True, description="Rewrite one's own review.")
    async def update_review(self, info: Info, id: strawberry.ID, input: ReviewInput) -> ReviewPayload:
        async def work() -> Review:
            given = (input.product_id, input.rating, input.title, input.comment)
            return Review.of(await reviews.update_review(info.context.principal, id, *given))

        return await settle(ReviewPayload, "review", work())

    @strawberry.federation.mutation(
        authenticated=True, description="Remove one's own review; moderators remove anyone's."
    )
    async def delete_review(self, info: Info, id: strawberry.ID) -> ReviewPayload:
        async def work() -> Review:
            return Review.of(await reviews.delete_review(info.context.principal, id))

        return await settle(ReviewPayload, "review", work())

    @strawberry.federation.mutation(
        authenticated=True, description="Say that another customer's review is helpful, or take that back."
    )
    async def vote_review(self, info: Info, id: strawberry.ID, helpful: bool) -> ReviewPayload:
        async def work() -> Review:
            return Review.of(await reviews.vote_review(info.context.principal, id, helpful=helpful))

        return await settle(ReviewPayload, "review", work())

    @strawberry.federation.mutation(
        requires_scopes=[[MODERATE]], description="Publish a review, hold it back or reject it."
    )
    async def moderate_review(
        self, info: Info, id: strawberry.ID, status: ReviewStatus, reason: str | None = None
    ) -> ReviewPayload:
        async def work() -> Review:
            return Review.of(await reviews.moderate_review(info.context.principal, id, status, reason))

        return await settle(ReviewPayload, "review", work())

    @strawberry.federation.mutation(requires_scopes=_CATALOG, description="Add a product to the catalog.")
    async def create_product(self, input: ProductInput) -> ProductPayload:
        raise not_implemented("createProduct")

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG, description="Rewrite a product, based on the version that was read."
    )
    async def update_product(self, id: strawberry.ID, version: int, input: ProductInput) -> ProductPayload:
        raise not_implemented("updateProduct")

    @strawberry.federation.mutation(requires_scopes=_CATALOG, description="Take a product off sale for good.")
    async def archive_product(self, id: strawberry.ID) -> ProductPayload:
        raise not_implemented("archiveProduct")

    @strawberry.federation.mutation(requires_scopes=_CATALOG, description="Put an archived product back on sale.")
    async def restore_product(self, id: strawberry.ID) -> ProductPayload:
        raise not_implemented("restoreProduct")

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG, directives=[cost(50)], description="Write many products at once, told apart by SKU."
    )
    async def bulk_upsert_products(self, input: list[ProductInput]) -> BulkPayload:
        raise not_implemented("bulkUpsertProducts")

    @strawberry.federation.mutation(
        requires_scopes=_STOCK, description="Add units to the stock, or take some away; once per idempotency key."
    )
    async def adjust_stock(
        self, product_id: strawberry.ID, delta: int, reason: str, idempotency_key: strawberry.ID
    ) -> ProductPayload:
        raise not_implemented("adjustStock")

    @strawberry.federation.mutation(requires_scopes=_CATALOG, description="Add a category.")
    async def create_category(self, input: CategoryInput) -> CategoryPayload:
        raise not_implemented("createCategory")

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG, description="Hang a category below another one, or make it a root."
    )
    async def move_category(self, id: strawberry.ID, parent_id: strawberry.ID | None = None) -> CategoryPayload:
        raise not_implemented("moveCategory")

    @strawberry.federation.mutation(
        inaccessible=True, description="Hold an order's units, all or none, until they are committed or time is up."
    )
    async def reserve_stock(
        self, order_id: strawberry.ID, lines: list[StockLine], ttl_seconds: int
    ) -> ReservationResult:
        order = existing_uuid(order_id, "order", path=["orderId"])
        wanted = [(existing_uuid(line.product_id, "product", path=["lines"]), line.quantity) for line in lines]
        return ReservationResult.of(await stock.reserve(order, wanted, ttl_seconds))

    @strawberry.federation.mutation(inaccessible=True, description="Take an order's held units out of the stock.")
    async def commit_reservation(self, order_id: strawberry.ID) -> ReservationResult:
        return ReservationResult.of(await stock.commit(existing_uuid(order_id, "order", path=["orderId"])))

    @strawberry.federation.mutation(
        inaccessible=True, description="Give an order's units back for good, committed ones too."
    )
    async def release_reservation(self, order_id: strawberry.ID, reason: str) -> ReservationResult:
        order = existing_uuid(order_id, "order", path=["orderId"])
        return ReservationResult.of(await stock.release(order, reason))
