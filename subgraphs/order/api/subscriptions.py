"""Subscription fields of the order subgraph."""

from collections.abc import AsyncGenerator

import strawberry
from strawberry.federation.schema_directives import Authenticated

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import not_implemented
from subgraphs.order.api.orders import Order


@strawberry.type(description="Live updates.")
class Subscription:
    @strawberry.subscription(
        directives=[Authenticated()],
        description="An order of the caller's, or the given one, whenever its status changes.",
    )
    async def order_status_changed(
        self, info: Info, order_id: strawberry.ID | None = None
    ) -> AsyncGenerator[Order, None]:
        raise not_implemented("orderStatusChanged")
        yield  # type: ignore[unreachable]  # makes this function a stream
