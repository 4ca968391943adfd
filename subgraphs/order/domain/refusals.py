"""Why the order room refuses, beyond the kernel's general refusals: each has a GraphQL error type of its own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from subgraphs.kernel.refusals import Refusal
from subgraphs.order.domain.status import OrderStatus, allowed_transitions


class OutOfStock(Refusal):
    """Fewer units are available than the cart holds."""

    code = "OUT_OF_STOCK"

    def __init__(self, product_id: UUID, requested: int, available: int) -> None:
        super().__init__(f"Only {available} of {requested} units are available.", path=["input", "cartVersion"])
        self.product_id = product_id
        self.requested = requested
        self.available = available


class PriceChanged(Refusal):
    """The items cost something else than the buyer was shown; nothing was charged."""

    code = "PRICE_CHANGED"

    def __init__(self, old_total: Decimal, new_total: Decimal, currency: str) -> None:
        super().__init__(
            f"The items now cost {new_total} {currency}, not {old_total}.", path=["input", "expectedTotal"]
        )
        self.old_total = old_total
        self.new_total = new_total
        self.currency = currency


class PaymentDeclined(Refusal):
    """The payment provider said no; the order stays pending."""

    code = "PAYMENT_DECLINED"

    def __init__(self, decline_code: str, *, retryable: bool, path: Sequence[str]) -> None:
        """``path`` is where the client wrote the means of payment."""
        super().__init__("The payment was declined.", path=path)
        self.decline_code = decline_code
        self.retryable = retryable


class InvalidTransition(Refusal):
    """The state machine has no such move, or none at all while the order is being cancelled (S-034)."""

    code = "INVALID_TRANSITION"

    def __init__(self, current: OrderStatus, target: OrderStatus, *, being_cancelled: bool = False) -> None:
        message = f"An order cannot go from {current.value} to {target.value}"
        super().__init__(f"{message} while it is being cancelled." if being_cancelled else f"{message}.", path=["to"])
        self.current = current
        self.target = target
        self.allowed = () if being_cancelled else allowed_transitions(current)
