"""PaymentMethod: a stored way to pay, without anything that could be used to charge it."""

import datetime as dt
from typing import Any

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.payment.api.payments import READ_SCOPE
from subgraphs.payment.domain import MethodRecord, PaymentMethodType, is_expired


@strawberry.federation.type(keys=["id"], description="A stored way to pay.")
class PaymentMethod:
    id: strawberry.ID = strawberry.field(description="Identity of the method.")
    type: PaymentMethodType = strawberry.field(description="Its kind.")
    provider: str | None = strawberry.field(description="The payment provider that keeps it.")
    brand: str | None = strawberry.field(description="Card brand.")
    last_four_digits: str | None = strawberry.field(description="Last four digits, to recognise it by.")
    expiry_month: int | None = strawberry.field(description="Month after which a card is refused.")
    expiry_year: int | None = strawberry.field(description="Year of expiry.")
    expired: bool = strawberry.field(description="Whether it is refused at checkout for its age.")
    is_default: bool = strawberry.field(description="Whether it is offered first.")

    @classmethod
    def of(cls, method: MethodRecord) -> "PaymentMethod":
        details = method.details
        return cls(
            id=strawberry.ID(str(method.id)),
            type=details.type,
            provider=method.provider,
            brand=details.brand,
            last_four_digits=details.last_four_digits,
            expiry_month=details.expiry_month,
            expiry_year=details.expiry_year,
            expired=is_expired(details, dt.datetime.now(dt.UTC).date()),
            is_default=method.is_default,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID, **_: Any) -> "PaymentMethod | None":
        """Null for unknown or removed methods and for those of others."""
        key = uuid_or_none(id)
        method = await info.context.loaders.method_by_id.load(key) if key else None
        if method is None or not info.context.principal.may_read(method.user_id, READ_SCOPE):
            return None
        return cls.of(method)
