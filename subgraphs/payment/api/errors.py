"""The payment room's own error type."""

import strawberry

from subgraphs.kernel.errors import UserError, user_error
from subgraphs.kernel.shared_types import Money
from subgraphs.payment.domain import RefundExceedsCaptured


@strawberry.type(description="More was to be refunded than is left of what was captured.")
class RefundExceedsCapturedError(UserError):
    refundable: Money = strawberry.field(description="What can still be refunded.")


@user_error.register
def _(refusal: RefundExceedsCaptured) -> UserError:
    return RefundExceedsCapturedError(
        message=refusal.message,
        code=refusal.code,
        path=refusal.path,
        refundable=Money(amount=refusal.refundable, currency=refusal.currency),
    )
