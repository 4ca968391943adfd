"""Query fields of the payment subgraph."""

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.pagination import page_request
from subgraphs.payment.api.payloads import PaymentFilter, criteria
from subgraphs.payment.api.payments import READ_SCOPE, Payment, PaymentConnection, readable
from subgraphs.payment.domain import PaymentRecord
from subgraphs.payment.repository import payments


@strawberry.type(description="Entry points of reading.")
class Query:
    @strawberry.federation.field(
        authenticated=True, description="One payment; null when there is none or it is somebody else's."
    )
    async def payment(self, info: Info, id: strawberry.ID) -> Payment | None:
        key = uuid_or_none(id)
        return readable(info, await info.context.loaders.payment_by_id.load(key) if key else None)

    @strawberry.federation.field(requires_scopes=[[READ_SCOPE]], description="All payments, newest first, for staff.")
    async def payments(
        self, info: Info, filter: PaymentFilter | None = None, first: int | None = 50, after: str | None = None
    ) -> PaymentConnection:
        request = page_request(payments.NEWEST, info.context.principal, first=first, after=after, default=50)
        wanted = criteria(filter)

        async def count() -> int:
            return 0 if wanted is None else await payments.payments_count(wanted)

        rows = [] if wanted is None else await payments.payments_page(wanted, request)
        return PaymentConnection.of(request.page(rows, _sort_values), count)


def _sort_values(payment: PaymentRecord) -> tuple[object, ...]:
    return (payment.created_at, payment.id)
