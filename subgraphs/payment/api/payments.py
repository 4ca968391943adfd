"""Payment with its attempts and refunds, their connection and filter; for the payer, or with payments:read."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.pagination import Page
from subgraphs.kernel.shared_types import Money, PageInfo
from subgraphs.payment.domain import AttemptRecord, PaymentRecord, PaymentStatus, RefundRecord, RefundStatus

if TYPE_CHECKING:  # strawberry.lazy resolves it: Payment and Order refer to each other
    from subgraphs.payment.api.orders import Order

READ_SCOPE = "payments:read"
"""Who has it may read the payments of others."""


@strawberry.type(description="One try to authorise a payment.")
class PaymentAttempt:
    id: strawberry.ID = strawberry.field(description="Identity of the attempt.")
    status: PaymentStatus = strawberry.field(description="What became of it.")
    error_code: str | None = strawberry.field(description="The provider's reason when it was declined.")
    created_at: dt.datetime = strawberry.field(description="When it began.")

    @classmethod
    def of(cls, attempt: AttemptRecord) -> "PaymentAttempt":
        return cls(
            id=strawberry.ID(str(attempt.id)),
            status=attempt.status,
            error_code=attempt.error_code,
            created_at=attempt.created_at,
        )


@strawberry.federation.type(keys=["id"], description="Money given back.")
class Refund:
    id: strawberry.ID = strawberry.field(description="Identity of the refund.")
    amount: Money = strawberry.field(description="What is given back.")
    reason: str | None = strawberry.field(description="Why.")
    status: RefundStatus = strawberry.field(description="Where it stands.")
    processed_at: dt.datetime | None = strawberry.field(description="When it completed or failed.")
    created_at: dt.datetime = strawberry.field(description="When it was asked for.")

    @classmethod
    def of(cls, refund: RefundRecord) -> "Refund":
        return cls(
            id=strawberry.ID(str(refund.id)),
            amount=Money(amount=refund.amount, currency=refund.currency),
            reason=refund.reason,
            status=refund.status,
            processed_at=refund.processed_at,
            created_at=refund.created_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "Refund | None":
        """Null for unknown refunds and those of payments that the caller may not read."""
        key = uuid_or_none(id)
        found = await info.context.loaders.refund_by_id.load(key) if key else None
        if found is None or not info.context.principal.may_read(found[0], READ_SCOPE):
            return None
        return cls.of(found[1])


@strawberry.federation.type(keys=["id"], description="The payment of an order, over all attempts and refunds.")
class Payment:
    id: strawberry.ID = strawberry.field(description="Identity of the payment.")
    order: Annotated["Order", strawberry.lazy("subgraphs.payment.api.orders")] = strawberry.federation.field(
        provides=["buyer { id }"], description="The order it pays."
    )
    status: PaymentStatus = strawberry.field(description="Where it stands.")
    amount: Money = strawberry.field(description="What is to be paid.")
    authorized_amount: Money = strawberry.field(description="What the provider holds or held.")
    captured_amount: Money = strawberry.field(description="What was taken.")
    refunded_amount: Money = strawberry.field(description="What was given back.")
    method: str = strawberry.field(description="credit_card, debit_card or paypal.")
    method_summary: str | None = strawberry.field(description="What the payer recognises it by: Visa •••• 4242.")
    transaction_id: str | None = strawberry.federation.field(
        requires_scopes=[[READ_SCOPE]], description="The provider's reference, for staff."
    )
    processed_at: dt.datetime | None = strawberry.field(description="When it completed, failed or was voided.")
    created_at: dt.datetime = strawberry.field(description="When the first attempt began.")
    record: strawberry.Private[PaymentRecord]

    @strawberry.field(description="The tries, oldest first.")
    async def attempts(self, info: Info) -> list[PaymentAttempt]:
        return [PaymentAttempt.of(item) for item in await info.context.loaders.attempts.load(self.record.id)]

    @strawberry.field(description="The refunds, oldest first.")
    async def refunds(self, info: Info) -> list[Refund]:
        return [Refund.of(item) for item in await info.context.loaders.refunds.load(self.record.id)]

    @classmethod
    def of(cls, payment: PaymentRecord) -> "Payment":
        """The type of a record; who may read it has been checked."""
        from subgraphs.payment.api.orders import Order, User  # Payment and Order refer to each other

        def money(amount: Any) -> Money:
            return Money(amount=amount, currency=payment.currency)

        return cls(
            id=strawberry.ID(str(payment.id)),
            order=Order(id=strawberry.ID(str(payment.order_id)), buyer=User(id=strawberry.ID(str(payment.user_id)))),
            status=payment.status,
            amount=money(payment.amount),
            authorized_amount=money(payment.authorized_amount),
            captured_amount=money(payment.captured_amount),
            refunded_amount=money(payment.refunded_amount),
            method=payment.payment_method,
            method_summary=payment.method_summary,
            transaction_id=payment.transaction_id,
            processed_at=payment.processed_at,
            created_at=payment.created_at,
            record=payment,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "Payment | None":
        """Null for unknown payments and those that the caller may not read."""
        key = uuid_or_none(id)
        return readable(info, await info.context.loaders.payment_by_id.load(key) if key else None)


def readable(info: Info, payment: PaymentRecord | None) -> Payment | None:
    """The payment if the caller is its payer or may read all payments, else None: a stranger learns nothing."""
    if payment is None or not info.context.principal.may_read(payment.user_id, READ_SCOPE):
        return None
    return Payment.of(payment)


@strawberry.type(description="A payment in a page.")
class PaymentEdge:
    cursor: str = strawberry.field(description="Position of the payment in the list.")
    node: Payment = strawberry.field(description="The payment.")


@strawberry.type(description="A page of payments.")
class PaymentConnection:
    edges: list[PaymentEdge] = strawberry.field(description="The payments with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many payments fit in all; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()

    @classmethod
    def of(cls, page: Page[PaymentRecord], count: Callable[[], Awaitable[int]]) -> "PaymentConnection":
        edges = [PaymentEdge(cursor=edge.cursor, node=Payment.of(edge.node)) for edge in page.edges]
        return cls(edges=edges, page_info=page.info, count=count)
