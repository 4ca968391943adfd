"""Mutation fields of the payment subgraph: stored methods, staff actions, and the order service's hidden operations."""

from decimal import Decimal
from typing import Any

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError, settle
from subgraphs.kernel.identifiers import existing_uuid
from subgraphs.payment.api.methods import PaymentMethod
from subgraphs.payment.api.payloads import (
    PaymentMethodInput,
    PaymentMethodPayload,
    PaymentOutcome,
    PaymentPayload,
    RefundPayload,
)
from subgraphs.payment.api.payments import Payment, Refund
from subgraphs.payment.provider import PaymentProvider
from subgraphs.payment.service import charging, methods, refunding, settling
from subgraphs.payment.service.charging import Authorization
from subgraphs.payment.service.outcomes import Teller


@strawberry.type(description="Entry points of writing.")
class Mutation:
    @strawberry.federation.mutation(
        authenticated=True,
        description="Store a means of payment by the provider's token; the same card is stored once.",
    )
    async def save_payment_method(self, info: Info, input: PaymentMethodInput) -> PaymentMethodPayload:
        async def work() -> PaymentMethod:
            return PaymentMethod.of(
                await methods.save_method(
                    info.context.principal,
                    input.provider_token,
                    input.type,
                    bool(input.is_default),
                    _provider(info),
                )
            )

        return await settle(PaymentMethodPayload, "payment_method", work())

    @strawberry.federation.mutation(authenticated=True, description="Offer this method first.")
    async def set_default_payment_method(self, info: Info, id: strawberry.ID) -> PaymentMethodPayload:
        async def work() -> PaymentMethod:
            key = existing_uuid(id, "payment method", path=["id"])
            return PaymentMethod.of(await methods.set_default_method(info.context.principal, key))

        return await settle(PaymentMethodPayload, "payment_method", work())

    @strawberry.federation.mutation(
        authenticated=True, description="Remove a stored method; past payments keep theirs."
    )
    async def remove_payment_method(self, info: Info, id: strawberry.ID) -> PaymentMethodPayload:
        async def work() -> PaymentMethod:
            key = existing_uuid(id, "payment method", path=["id"])
            return PaymentMethod.of(await methods.remove_method(info.context.principal, key))

        return await settle(PaymentMethodPayload, "payment_method", work())

    @strawberry.federation.mutation(
        requires_scopes=[["payments:refund"]], description="Give money back, all that is left when no amount is given."
    )
    async def refund_payment(
        self,
        info: Info,
        payment_id: strawberry.ID,
        reason: str,
        idempotency_key: strawberry.ID,
        amount: Decimal | None = None,
        restock: bool | None = False,
    ) -> RefundPayload:
        async def work() -> refunding.RefundResult:
            key = existing_uuid(payment_id, "payment", path=["paymentId"])
            asked = refunding.RefundRequest(key, amount, reason, bool(restock), idempotency_key)
            return await refunding.refund_payment(info.context.principal, asked, _teller(info))

        return await settle(_refund_payload, "result", work())

    @strawberry.federation.mutation(
        requires_scopes=[["payments:capture"]], description="Take what is held, all of it when no amount is given."
    )
    async def capture_payment(
        self, info: Info, payment_id: strawberry.ID, idempotency_key: strawberry.ID, amount: Decimal | None = None
    ) -> PaymentPayload:
        async def work() -> Payment:
            key = existing_uuid(payment_id, "payment", path=["paymentId"])
            principal = info.context.principal
            return Payment.of(await settling.capture_payment(principal, key, amount, idempotency_key, _teller(info)))

        return await settle(PaymentPayload, "payment", work())

    @strawberry.federation.mutation(inaccessible=True, description="For the order service: hold an order's amount.")
    async def authorize_payment(
        self,
        info: Info,
        order_id: strawberry.ID,
        user_id: strawberry.ID,
        amount: Decimal,
        currency: str,
        idempotency_key: strawberry.ID,
        payment_method_id: strawberry.ID | None = None,
        payment_token: str | None = None,
    ) -> PaymentOutcome:
        asked = Authorization(
            order_id=existing_uuid(order_id, "order", path=["orderId"]),
            user_id=existing_uuid(user_id, "user", path=["userId"]),
            amount=amount,
            currency=currency,
            method_id=None
            if payment_method_id is None
            else existing_uuid(payment_method_id, "payment method", path=["paymentMethodId"]),
            token=payment_token,
            key=idempotency_key,
        )
        return PaymentOutcome.of(await charging.authorize(asked, _teller(info)))

    @strawberry.federation.mutation(inaccessible=True, description="For the order service: take what is held.")
    async def capture_for_order(
        self, info: Info, order_id: strawberry.ID, idempotency_key: strawberry.ID
    ) -> PaymentOutcome:
        key = existing_uuid(order_id, "order", path=["orderId"])
        return PaymentOutcome.of(await settling.capture(key, _teller(info)))

    @strawberry.federation.mutation(
        inaccessible=True, description="For the order service: let go what is held, give back what was taken."
    )
    async def void_for_order(
        self, info: Info, order_id: strawberry.ID, idempotency_key: strawberry.ID
    ) -> PaymentOutcome:
        key = existing_uuid(order_id, "order", path=["orderId"])
        return PaymentOutcome.of(await settling.give_up(key, _teller(info)))


def _provider(info: Info) -> PaymentProvider:
    provider: Any = info.context.resources
    return provider  # type: ignore[no-any-return]


def _teller(info: Info) -> Teller:
    return Teller(_provider(info), info.context.traceparent)


def _refund_payload(result: refunding.RefundResult | None, errors: list[UserError]) -> RefundPayload:
    if result is None:
        return RefundPayload(refund=None, payment=None, replayed=False, errors=errors)
    return RefundPayload(
        refund=Refund.of(result.refund), payment=Payment.of(result.payment), replayed=result.replayed, errors=errors
    )
