"""User as the order subgraph sees it: someone's orders, cart and figures; for the owner, or with orders:read."""

import datetime as dt
from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import list_size
from subgraphs.kernel.pagination import page_request
from subgraphs.kernel.shared_types import Money
from subgraphs.order.api.carts import Cart
from subgraphs.order.api.filters import OrderFilter, criteria
from subgraphs.order.api.orders import READ_SCOPE, OrderConnection
from subgraphs.order.repository.orders import NEWEST


@strawberry.type(description="A customer's orders in figures.")
class OrderStats:
    count: int = strawberry.field(description="Orders placed, cancelled ones included.")
    lifetime_value: list[Money] = strawberry.field(description="Paid in all, per currency; cancelled orders left out.")
    last_order_at: dt.datetime | None = strawberry.field(description="When the last order was placed.")


@strawberry.federation.type(keys=["id"], description="A person with an account, or a guest.")
class User:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")

    @strawberry.federation.field(
        authenticated=True, directives=[list_size("first")], description="The user's orders, newest first."
    )
    async def orders(
        self, info: Info, filter: OrderFilter | None = None, first: int | None = 20, after: str | None = None
    ) -> OrderConnection:
        key = self._checked(info)
        loaders, wanted = info.context.loaders, criteria(filter)
        request = page_request(NEWEST, info.context.principal, first=first, after=after)
        page = await loaders.orders_of_user(wanted, request).load(key)
        return OrderConnection.of(page, lambda: loaders.order_count_of_user(wanted).load(key))

    @strawberry.federation.field(authenticated=True, description="The basket; null until a product is added.")
    async def cart(self, info: Info) -> Cart | None:
        record = await info.context.loaders.cart_by_user.load(self._checked(info))
        return None if record is None else Cart.of(record)

    @strawberry.federation.field(authenticated=True, description="The user's orders in figures.")
    async def order_stats(self, info: Info) -> OrderStats:
        stats = await info.context.loaders.stats.load(self._checked(info))
        return OrderStats(
            count=stats.count,
            lifetime_value=[Money(amount=amount, currency=currency) for amount, currency in stats.lifetime_value],
            last_order_at=stats.last_order_at,
        )

    def _checked(self, info: Info) -> UUID:
        """The user's key; refuses callers who are neither the user nor staff."""
        info.context.principal.require(self.id, READ_SCOPE)
        return UUID(self.id)

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "User":
        """Whether the user exists is auth's to say; every field checks the caller."""
        return cls(id=strawberry.ID(str(UUID(id))))
