"""The order room's own error types, one per refusal of ``domain/refusals.py``."""

import strawberry

from subgraphs.kernel.errors import UserError, user_error
from subgraphs.kernel.shared_types import Money
from subgraphs.order.domain.refusals import InvalidTransition, OutOfStock, PaymentDeclined, PriceChanged
from subgraphs.order.domain.status import OrderStatus


@strawberry.type(description="Fewer units are available than the cart holds.")
class OutOfStockError(UserError):
    product_id: strawberry.ID = strawberry.field(description="The product.")
    requested: int = strawberry.field(description="Units in the cart.")
    available: int = strawberry.field(description="Units that can be bought.")


@strawberry.type(description="The items cost something else than expectedTotal; nothing was charged.")
class PriceChangedError(UserError):
    old_total: Money = strawberry.field(description="What the client expected.")
    new_total: Money = strawberry.field(description="What the items cost now.")


@strawberry.type(description="The payment was declined; the order stays pending.")
class PaymentDeclinedError(UserError):
    decline_code: str = strawberry.field(description="The provider's reason, such as insufficient_funds.")
    retryable: bool = strawberry.field(description="Whether retryPayment may succeed.")


@strawberry.type(description="The order's state machine has no such move.")
class InvalidTransitionError(UserError):
    from_: OrderStatus = strawberry.field(name="from", description="Where the order stands.")
    to: OrderStatus = strawberry.field(description="Where it was to go.")
    allowed: list[OrderStatus] = strawberry.field(description="Where it may go instead.")


ERRORS = (OutOfStockError, PriceChangedError, PaymentDeclinedError, InvalidTransitionError)


@user_error.register
def _(refusal: OutOfStock) -> UserError:
    return OutOfStockError(
        message=refusal.message,
        code=refusal.code,
        path=refusal.path,
        product_id=strawberry.ID(str(refusal.product_id)),
        requested=refusal.requested,
        available=refusal.available,
    )


@user_error.register
def _(refusal: PriceChanged) -> UserError:
    return PriceChangedError(
        message=refusal.message,
        code=refusal.code,
        path=refusal.path,
        old_total=Money(amount=refusal.old_total, currency=refusal.currency),
        new_total=Money(amount=refusal.new_total, currency=refusal.currency),
    )


@user_error.register
def _(refusal: PaymentDeclined) -> UserError:
    return PaymentDeclinedError(
        message=refusal.message,
        code=refusal.code,
        path=refusal.path,
        decline_code=refusal.decline_code,
        retryable=refusal.retryable,
    )


@user_error.register
def _(refusal: InvalidTransition) -> UserError:
    return InvalidTransitionError(
        message=refusal.message,
        code=refusal.code,
        path=refusal.path,
        from_=refusal.current,
        to=refusal.target,
        allowed=list(refusal.allowed),
    )
