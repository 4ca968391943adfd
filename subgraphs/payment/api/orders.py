"""Order and User as the payment subgraph sees them: what was paid, what is due, the stored methods."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.money import ZERO
from subgraphs.kernel.shared_types import Money
from subgraphs.payment.api.methods import PaymentMethod
from subgraphs.payment.api.payments import READ_SCOPE, Payment, readable
from subgraphs.payment.domain import OrderStatus, PaymentRecord, amount_due


@strawberry.federation.type(keys=["id"], description="A person with an account, or a guest.")
class User:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")

    @strawberry.federation.field(authenticated=True, description="The user's stored payment methods, oldest first.")
    async def payment_methods(self, info: Info) -> list[PaymentMethod]:
        info.context.principal.require(self.id, READ_SCOPE)
        return [PaymentMethod.of(item) for item in await info.context.loaders.methods_by_user.load(UUID(self.id))]

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "User":
        """Whether the user exists is auth's to say; every field checks the caller."""
        return cls(id=strawberry.ID(str(UUID(id))))


@strawberry.federation.type(keys=["id"], description="A purchase.")
class Order:
    id: strawberry.ID = strawberry.field(description="Identity of the order.")
    total: Money = strawberry.federation.field(
        external=True, description="What the buyer pays: subtotal + shippingCost + tax - discounts.", default=None
    )
    status: OrderStatus = strawberry.federation.field(external=True, description="Where it stands.", default=None)
    buyer: User = strawberry.federation.field(external=True, description="Who ordered.", default=None)
    required: strawberry.Private[tuple[Decimal, str, OrderStatus] | None] = None  # total and status, when represented

    @strawberry.field(description="Its payment; null while nobody has tried to pay it.")
    async def payment(self, info: Info) -> Payment | None:
        return readable(info, await self._payment(info))

    @strawberry.field(description="What was given back; null without a payment.")
    async def refunded_total(self, info: Info) -> Money | None:
        payment = readable(info, await self._payment(info))
        return None if payment is None else payment.refunded_amount

    @strawberry.federation.field(
        requires=["total { amount currency } status"],
        description="What is still to be paid; zero for a cancelled order.",
    )
    async def amount_due(self, info: Info) -> Money | None:
        if self.required is None:
            return None
        total, currency, status = self.required
        record = await self._payment(info)
        if record is not None and readable(info, record) is None:
            return None
        due = amount_due(total, status, record.captured_amount if record else ZERO)
        return Money(amount=due, currency=currency)

    async def _payment(self, info: Info) -> PaymentRecord | None:
        payment: PaymentRecord | None = await info.context.loaders.payment_by_order.load(UUID(self.id))
        return payment

    @classmethod
    def resolve_reference(
        cls,
        info: Info,
        id: strawberry.ID,
        total: Mapping[str, Any] | None = None,
        status: str | None = None,
        **_: Any,
    ) -> "Order":
        """Whether the order exists is the order subgraph's to say; every field checks the payment's owner."""
        return cls(id=strawberry.ID(str(UUID(id))), required=_required(total, status))


def _required(total: Mapping[str, Any] | None, status: str | None) -> tuple[Decimal, str, OrderStatus] | None:
    """Amount, currency and status as represented; None when they are missing."""
    try:
        return (Decimal(total["amount"]), str(total["currency"]), OrderStatus[status]) if total and status else None
    except (KeyError, TypeError):
        return None
