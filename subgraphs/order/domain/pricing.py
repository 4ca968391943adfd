"""Money of an order: exact decimals with two places, one currency per order (D39).

The shop's simple tariff: shipping costs ``SHIPPING_FLAT`` and is free from ``FREE_SHIPPING_FROM`` on; prices include
tax, so ``tax`` is 0. ``CheckoutInput.expectedTotal`` is the sum of the *items* (what ``Cart.subtotal`` shows): it
guards against changed prices, and shipping follows from it by this rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from subgraphs.kernel.money import ZERO, check_amount
from subgraphs.kernel.refusals import Invalid

SHIPPING_FLAT = Decimal("5.99")
FREE_SHIPPING_FROM = Decimal("50.00")


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with the product's authoritative name, SKU and price at the moment of reservation."""

    product_id: UUID
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    currency: str

    @property
    def subtotal(self) -> Decimal:
        """``unit_price`` times ``quantity``: exact, both have at most two places."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Totals:
    """The four sums of an order; ``total = subtotal + shipping + tax`` always."""

    subtotal: Decimal
    shipping: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """What the buyer pays."""
        return self.subtotal + self.shipping + self.tax


def order_totals(lines: Sequence[PricedLine], currency: str) -> Totals:
    """The sums of an order over ``lines``.

    Raises Invalid ``CURRENCY_MISMATCH`` unless every line is priced in ``currency``, ``AMOUNT_OUT_OF_RANGE`` for a sum
    that numeric(10,2) cannot hold.
    """
    if any(line.currency != currency for line in lines):
        raise Invalid(
            f"Not everything in the cart is priced in {currency}.", code="CURRENCY_MISMATCH", path=["input", "currency"]
        )
    subtotal = check_amount(sum((line.subtotal for line in lines), ZERO), currency)
    return Totals(subtotal=subtotal, shipping=shipping_cost(subtotal), tax=ZERO)


def shipping_cost(subtotal: Decimal) -> Decimal:
    """Flat, and free from ``FREE_SHIPPING_FROM`` on."""
    return ZERO if subtotal >= FREE_SHIPPING_FROM else SHIPPING_FLAT


def sum_of_prices(prices: Iterable[tuple[Decimal, str, int]]) -> tuple[Decimal, str] | None:
    """Σ price × quantity over ``(price, currency, quantity)``; None when there is no line or more than one currency."""
    total, currency = ZERO, None
    for price, line_currency, quantity in prices:
        if currency not in (None, line_currency):
            return None
        total, currency = total + price * quantity, line_currency
    return None if currency is None else (total, currency)
