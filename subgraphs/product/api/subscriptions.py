"""Subscription fields of the product subgraph."""

from collections.abc import AsyncGenerator

import strawberry

from subgraphs.kernel.errors import not_implemented
from subgraphs.product.api.entities import Product


@strawberry.type(description="Live updates.")
class Subscription:
    @strawberry.subscription(description="One of these products, whenever its available quantity changes.")
    async def stock_changed(self, product_ids: list[strawberry.ID]) -> AsyncGenerator[Product, None]:
        raise not_implemented("stockChanged")
        yield  # type: ignore[unreachable]  # makes this function a stream
