"""Money as exact decimals: per-currency scale, parsing and arithmetic guards; never a float (D39)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from subgraphs.kernel.refusals import Invalid

# Digits after the decimal point. Only two-decimal currencies are enabled: the columns are numeric(10,2).
EXPONENTS = {"USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "CAD": 2, "AUD": 2, "SEK": 2, "NOK": 2, "DKK": 2, "PLN": 2}
MAX_AMOUNT = Decimal("99999999.99")
ZERO = Decimal("0.00")


def check_currency(currency: str, *, path: list[str] | None = None) -> str:
    """The currency itself; raises Invalid ``CURRENCY_NOT_SUPPORTED``."""
    if currency not in EXPONENTS:
        raise Invalid("This currency is not supported.", code="CURRENCY_NOT_SUPPORTED", path=path)
    return currency


def check_amount(value: Decimal | str, currency: str, *, path: list[str] | None = None) -> Decimal:
    """``value`` with exactly the currency's scale; raises Invalid for excess digits, negative or too large amounts."""
    check_currency(currency, path=path)
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise Invalid("An amount is a decimal number.", code="AMOUNT_INVALID", path=path) from error
    quantum = Decimal(1).scaleb(-EXPONENTS[currency])
    if not amount.is_finite() or amount < 0 or amount > MAX_AMOUNT:
        raise Invalid(f"An amount is between 0 and {MAX_AMOUNT}.", code="AMOUNT_OUT_OF_RANGE", path=path)
    exact = amount.quantize(quantum)
    if exact != amount:
        raise Invalid(f"{currency} has {EXPONENTS[currency]} digits after the point.", code="AMOUNT_SCALE", path=path)
    return exact


def times(unit_price: Decimal, quantity: int) -> Decimal:
    """Line total; exact because quantities are whole."""
    return unit_price * quantity
