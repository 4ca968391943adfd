"""Inputs, payloads, filters and error types of the payment subgraph."""

import strawberry

from subgraphs.kernel.errors import UserError
from subgraphs.kernel.filters import filter_values
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.shared_types import TimeRange
from subgraphs.payment.api.methods import PaymentMethod
from subgraphs.payment.api.payments import Payment, Refund
from subgraphs.payment.domain import PaymentFilter as Criteria
from subgraphs.payment.domain import PaymentMethodType, PaymentStatus
from subgraphs.payment.service.outcomes import Outcome

_ERRORS = "Why it was refused; empty on success."


@strawberry.input(description="Conditions on a list of payments, all of which must hold.")
class PaymentFilter:
    status: list[PaymentStatus] | None = strawberry.field(description="One of these states.", default=None)
    created: TimeRange | None = strawberry.field(description="Begun in this span of time.", default=None)
    user_id: strawberry.ID | None = strawberry.field(description="Paid by this user.", default=None)


def criteria(given: PaymentFilter | None) -> Criteria | None:
    """The repository's filter; None when an id is none and so nothing can fit."""
    if given is None:
        return Criteria()
    user_id = None if given.user_id is None else uuid_or_none(given.user_id)
    if given.user_id is not None and user_id is None:
        return None
    return Criteria(
        statuses=None if given.status is None else filter_values(given.status, "filter", "status"),
        created_from=given.created.from_ if given.created else None,
        created_to=given.created.to if given.created else None,
        user_id=user_id,
    )


@strawberry.input(description="A means of payment to store.")
class PaymentMethodInput:
    provider_token: str = strawberry.field(description="The payment provider's token; never a card number.")
    type: PaymentMethodType = strawberry.field(description="What the token stands for.")
    is_default: bool | None = strawberry.field(description="Whether to offer it first.", default=False)


@strawberry.type(description="What became of a change of stored methods.")
class PaymentMethodPayload:
    payment_method: PaymentMethod | None = strawberry.field(description="The method; null when it was refused.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="What became of a change of a payment.")
class PaymentPayload:
    payment: Payment | None = strawberry.field(description="The payment; null when it was refused.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="What became of a refund.")
class RefundPayload:
    refund: Refund | None = strawberry.field(description="The refund; null when it was refused.")
    payment: Payment | None = strawberry.field(description="The payment after it.")
    replayed: bool = strawberry.field(description="Whether this repeats the answer of an earlier, equal request.")
    errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.federation.type(inaccessible=True, description="What became of a payment, for the order service.")
class PaymentOutcome:
    state: str = strawberry.field(
        description="AUTHORIZED, CAPTURED, VOIDED, REFUNDED, DECLINED, PROCESSING, REQUIRES_ACTION, or NONE."
    )
    payment_id: strawberry.ID | None = strawberry.field(description="The payment.")
    decline_code: str | None = strawberry.field(description="The provider's reason when it was declined.")
    next_action_url: str | None = strawberry.field(description="Page of the provider that the buyer must visit.")

    @classmethod
    def of(cls, outcome: Outcome) -> "PaymentOutcome":
        return cls(
            state=outcome.state,
            payment_id=strawberry.ID(str(outcome.payment_id)) if outcome.payment_id else None,
            decline_code=outcome.decline_code,
            next_action_url=outcome.next_action_url,
        )
