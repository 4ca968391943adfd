"""Payment intents, payment methods, refunds and events as Stripe shapes them, read into this room's terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import orjson

from subgraphs.kernel.money import EXPONENTS
from subgraphs.payment.domain import MethodDetails, PaymentMethodType
from subgraphs.payment.provider import Charge, ChargeState, GivenBack, GivenBackState, News, NewsRefused

_STATES = {
    "requires_capture": ChargeState.AUTHORIZED,
    "succeeded": ChargeState.CAPTURED,
    "canceled": ChargeState.VOIDED,
    "requires_payment_method": ChargeState.DECLINED,
    "processing": ChargeState.PROCESSING,
    "requires_action": ChargeState.REQUIRES_ACTION,
    "requires_confirmation": ChargeState.PROCESSING,
}
_REFUND_STATES = {
    "succeeded": GivenBackState.COMPLETED,
    "pending": GivenBackState.PENDING,
    "requires_action": GivenBackState.PENDING,
    "failed": GivenBackState.FAILED,
    "canceled": GivenBackState.FAILED,
}
DEFAULT_SHOP_URL: Final = "http://127.0.0.1:4000"
MAX_REFUNDS = 100
"""Refunds of one charge that are looked through; Stripe's longest page."""
_OF_REFUNDS = ("refund.", "charge.refund.")
"""How the types of events begin whose object is a refund; that of ``charge.refunded`` is the charge."""
_KEPT = ("id", "status", "amount", "amount_received", "currency", "created")
"""Fields of an answer that are kept; everything else, client secrets first of all, is dropped."""


def minor_units(amount: Decimal, currency: str) -> int:
    """``12.34`` USD is 1234; raises ValueError for an amount the currency cannot express."""
    units = amount.scaleb(EXPONENTS[currency])
    if units != units.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency}")
    return int(units)


def major_units(units: int, currency: str) -> Decimal:
    """1234 in USD is ``12.34``."""
    return Decimal(units).scaleb(-EXPONENTS[currency.upper()])


def hold_request(token: str, amount: Decimal, currency: str, order_id: str, key: str, shop_url: str) -> dict[str, Any]:
    """What asks for a payment intent that holds the amount at once, and sends the buyer back to the order's page.

    Without a page to return to Stripe confirms only what needs none: no PayPal, and no card whose bank asks the buyer.
    """
    return {
        "amount": minor_units(amount, currency),
        "currency": currency.lower(),
        "payment_method": token,
        "capture_method": "manual",
        "confirm": True,
        "return_url": f"{shop_url}/orders/{order_id}",
        "metadata": {"order_id": order_id, "attempt_id": key},
    }


def charge_of(intent: Mapping[str, Any]) -> Charge:
    """A payment intent as a charge."""
    error = intent.get("last_payment_error") or {}
    action = (intent.get("next_action") or {}).get("redirect_to_url") or {}
    code = error.get("decline_code") or error.get("code")
    facts = {name: intent[name] for name in _KEPT if name in intent}
    if code:
        facts["error_code"] = code
    taken = intent.get("amount_received") or 0
    paid = intent.get("latest_charge")  # an id, unless the answer was asked to spell it out
    return Charge(
        intent["id"],
        _STATES[intent["status"]],
        code,
        action.get("url"),
        major_units(taken, intent["currency"]) if taken else None,
        major_units(paid["amount_refunded"], intent["currency"]) if isinstance(paid, Mapping) else None,
        facts,
    )


def refund_request(reference: str, amount: Decimal, currency: str, key: str) -> dict[str, Any]:
    """What asks for a refund that can be told from others by its key."""
    return {
        "payment_intent": reference,
        "amount": minor_units(amount, currency),
        "metadata": {"refund_id": key},
    }


def refund_among(refunds: Iterable[Mapping[str, Any]], key: str) -> GivenBack | None:
    """The refund that was asked for under ``key``."""
    found = (refund for refund in refunds if _refund_key(refund) == key)
    return next((given_back(refund) for refund in found), None)


def given_back(refund: Mapping[str, Any]) -> GivenBack:
    """A refund; a status that is not known is no failure: after one the money would be given again."""
    return GivenBack(refund["id"], _REFUND_STATES[refund["status"]], refund.get("failure_reason"))


def _refund_key(refund: Mapping[str, Any]) -> str | None:
    key: str | None = (refund.get("metadata") or {}).get("refund_id")
    return key


def method_details(method: Mapping[str, Any]) -> MethodDetails:
    """What a payment method tells about itself."""
    if method["type"] == "paypal":
        return MethodDetails(PaymentMethodType.PAYPAL, str(method["paypal"]["payer_id"]), brand="PayPal")
    card = method["card"]
    debit = card.get("funding") == "debit"
    return MethodDetails(
        type=PaymentMethodType.DEBIT_CARD if debit else PaymentMethodType.CREDIT_CARD,
        fingerprint=card["fingerprint"],
        brand=card.get("brand"),
        last_four_digits=card.get("last4"),
        expiry_month=card.get("exp_month"),
        expiry_year=card.get("exp_year"),
    )


def news_of(body: bytes) -> News:
    """A webhook's event; raises NewsRefused ``malformed``."""
    try:
        event = orjson.loads(body)
        thing = event["data"]["object"]
        identity, kind = str(event["id"]), str(event["type"])
        if kind.startswith("payment_intent."):
            attempt = (thing.get("metadata") or {}).get("attempt_id")
            return News(identity, kind, attempt=attempt, charge=charge_of(thing))
        if kind.startswith(_OF_REFUNDS):
            return News(identity, kind, refund=_refund_key(thing), given_back=given_back(thing))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NewsRefused("malformed", "The message is no event.") from error
    return News(identity, kind)
