"""Subscription fields of the product subgraph."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.product.api.access import sees_hidden_products
from subgraphs.product.api.entities import Product
from subgraphs.product.service.watching import stock_changes


@strawberry.type(description="Live updates.")
class Subscription:
    @strawberry.subscription(description="One of these products, whenever its available quantity changes.")
    async def stock_changed(self, info: Info, product_ids: list[strawberry.ID]) -> AsyncGenerator[Product, None]:
        staff = sees_hidden_products(info.context.principal)
        wanted = [existing_uuid(product_id, "product", path=["productIds"]) for product_id in product_ids]
        async with aclosing(
            stock_changes(info.context.feed, wanted, lambda product: staff or product.is_active)
        ) as changes:
            async for product in changes:
                yield Product.of(product)
