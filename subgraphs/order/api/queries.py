"""Query fields of the order subgraph."""

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import list_size
from subgraphs.kernel.pagination import page_request
from subgraphs.order.api.enums import KEYSETS, OrderSort
from subgraphs.order.api.filters import OrderBy, OrderFilter, criteria
from subgraphs.order.api.orders import READ_SCOPE, Order, OrderConnection, load_order, readable
from subgraphs.order.domain.records import OrderRecord
from subgraphs.order.repository import orders as repository


@strawberry.type(description="Entry points of reading.")
class Query:
    @strawberry.federation.field(
        authenticated=True, description="One order; null when there is none or it is somebody else's."
    )
    async def order(self, info: Info, by: OrderBy) -> Order | None:
        id = by.id if by.id is not strawberry.UNSET else None
        number = by.order_number if by.order_number is not strawberry.UNSET else None
        return readable(info, await load_order(info, id, number))

    @strawberry.federation.field(
        requires_scopes=[[READ_SCOPE]], directives=[list_size("first")], description="All orders, for staff."
    )
    async def orders(
        self,
        info: Info,
        filter: OrderFilter | None = None,
        sort: OrderSort | None = OrderSort.PLACED_AT_DESC,
        first: int | None = 50,
        after: str | None = None,
    ) -> OrderConnection:
        order = sort or OrderSort.PLACED_AT_DESC
        wanted = criteria(filter)
        request = page_request(KEYSETS[order], info.context.principal, first=first, after=after, default=50)
        rows = await repository.orders_page(wanted, request)
        by_total = order is OrderSort.TOTAL_DESC

        def sort_values(row: OrderRecord) -> tuple[object, ...]:
            return (row.total if by_total else row.created_at, row.id)

        return OrderConnection.of(request.page(rows, sort_values), lambda: repository.orders_count(wanted))
