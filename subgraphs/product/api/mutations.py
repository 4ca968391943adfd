"""Mutation fields of the product subgraph: arguments in, use case, payload out."""

from collections.abc import Awaitable

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError, settle
from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.federation import cost
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.product.api.access import MODERATE
from subgraphs.product.api.entities import Category, Product, Review
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
from subgraphs.product.domain import catalog as rows
from subgraphs.product.domain.reviews import ReviewStatus
from subgraphs.product.service import adjustments, catalog, categories, reviews, stock

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

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG, description="Add a product to the catalog; its stock is counted by adjustStock."
    )
    async def create_product(self, info: Info, input: ProductInput) -> ProductPayload:
        return await _product(catalog.create_product(info.context.principal, input.given()))

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG,
        description="Rewrite a product, based on the version that was read; ConflictError with the current version "
        "when it has changed since.",
    )
    async def update_product(self, info: Info, id: strawberry.ID, version: int, input: ProductInput) -> ProductPayload:
        return await _product(catalog.update_product(info.context.principal, id, version, input.given()))

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG,
        description="Take a product off sale and out of the catalog; staff still see it and can restore it.",
    )
    async def archive_product(self, info: Info, id: strawberry.ID) -> ProductPayload:
        return await _product(catalog.archive_product(info.context.principal, id))

    @strawberry.federation.mutation(requires_scopes=_CATALOG, description="Put an archived product back on sale.")
    async def restore_product(self, info: Info, id: strawberry.ID) -> ProductPayload:
        return await _product(catalog.restore_product(info.context.principal, id))

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG,
        directives=[cost(50)],
        description="Write up to 1000 products at once, told apart by SKU: unknown ones are added, live ones "
        "rewritten whatever their version. All or none.",
    )
    async def bulk_upsert_products(self, info: Info, input: list[ProductInput]) -> BulkPayload:
        given = [product.given() for product in input]
        return await settle(_bulk, "written", catalog.bulk_upsert(info.context.principal, given))

    @strawberry.federation.mutation(
        requires_scopes=_STOCK,
        description="Add units to the stock, or take away some that no order holds. Happens once per idempotency key: "
        "a repetition answers the first result.",
    )
    async def adjust_stock(
        self, info: Info, product_id: strawberry.ID, delta: int, reason: str, idempotency_key: strawberry.ID
    ) -> ProductPayload:
        return await _product(
            adjustments.adjust_stock(info.context.principal, product_id, delta, reason, idempotency_key)
        )

    @strawberry.federation.mutation(requires_scopes=_CATALOG, description="Add a category.")
    async def create_category(self, info: Info, input: CategoryInput) -> CategoryPayload:
        given = (input.name, input.slug, input.parent_id, input.description)
        return await _category(categories.create_category(info.context.principal, *given))

    @strawberry.federation.mutation(
        requires_scopes=_CATALOG,
        description="Hang a category, with everything below it, below another one; without one it becomes a root.",
    )
    async def move_category(
        self, info: Info, id: strawberry.ID, parent_id: strawberry.ID | None = None
    ) -> CategoryPayload:
        return await _category(categories.move_category(info.context.principal, id, parent_id))

    @strawberry.federation.mutation(
        inaccessible=True, description="Hold an order's units, all or none, until they are committed or time is up."
    )
    async def reserve_stock(
        self, order_id: strawberry.ID, lines: list[StockLine], ttl_seconds: int
    ) -> ReservationResult:
        order = existing_uuid(order_id, "order", path=["orderId"])
        wanted = [(existing_uuid(line.product_id, "product", path=["lines"]), line.quantity) for line in lines]
        reservation = await stock.reserve(order, wanted, ttl_seconds)
        fault_point("stock.reserved")
        return ReservationResult.of(reservation)

    @strawberry.federation.mutation(inaccessible=True, description="Take an order's held units out of the stock.")
    async def commit_reservation(self, order_id: strawberry.ID) -> ReservationResult:
        reservation = await stock.commit(existing_uuid(order_id, "order", path=["orderId"]))
        fault_point("stock.committed")
        return ReservationResult.of(reservation)

    @strawberry.federation.mutation(
        inaccessible=True, description="Give an order's units back for good, committed ones too."
    )
    async def release_reservation(self, order_id: strawberry.ID, reason: str) -> ReservationResult:
        order = existing_uuid(order_id, "order", path=["orderId"])
        return ReservationResult.of(await stock.release(order, reason))


async def _product(change: Awaitable[rows.Product]) -> ProductPayload:
    async def work() -> Product:
        return Product.of(await change)

    return await settle(ProductPayload, "product", work())


async def _category(change: Awaitable[rows.Category]) -> CategoryPayload:
    async def work() -> Category:
        return Category.of(await change)

    return await settle(CategoryPayload, "category", work())


def _bulk(written: catalog.Written | None, errors: list[UserError]) -> BulkPayload:
    done = written or catalog.Written(0, 0)
    return BulkPayload(created=done.created, updated=done.updated, errors=errors)
