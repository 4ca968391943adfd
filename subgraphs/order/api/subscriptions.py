"""Subscription fields of the order subgraph."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
from strawberry.federation.schema_directives import Authenticated

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.order.api.orders import Order
from subgraphs.order.service.watching import status_changes


@strawberry.type(description="Live updates.")
class Subscription:
    @strawberry.subscription(
        directives=[Authenticated()],
        description="An order of the caller's, or the given one, whenever its status changes.",
    )
    async def order_status_changed(
        self, info: Info, order_id: strawberry.ID | None = None
    ) -> AsyncGenerator[Order, None]:
        wanted = None if order_id is None else existing_uuid(order_id, "order", path=["orderId"])
        async with aclosing(status_changes(info.context.feed, info.context.principal, wanted)) as changes:
            async for order in changes:
                yield Order.of(order)
