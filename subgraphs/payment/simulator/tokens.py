"""What each test token stands for, and what happens to charges on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The means of payment behind a token, and its habit.

    Outcomes: ``approve``, ``decline:<code>``, ``action``, ``processing``; ``hang`` is silent for long and approves
    then; ``late_capture`` is silent as long and takes the money although it was only asked to hold it;
    ``refuse_capture`` approves, and refuses to capture; ``refund_fail`` approves, and its bank sends refunds back.
    """

    brand: str
    last4: str | None
    outcome: str = "approve"
    funding: str = "credit"
    exp_month: int | None = 12
    exp_year: int | None = 2040


TOKENS: Mapping[str, Behaviour] = {
    "visa": Behaviour("visa", "4242"),
    "visa_debit": Behaviour("visa", "5556", funding="debit"),
    "mastercard": Behaviour("mastercard", "4444"),
    "amex": Behaviour("amex", "0005"),
    "paypal": Behaviour("PayPal", None, funding="paypal", exp_month=None, exp_year=None),
    "expired": Behaviour("visa", "0069", "decline:expired_card", exp_month=1, exp_year=2020),
    "declined": Behaviour("visa", "0002", "decline:card_declined"),
    "insufficient_funds": Behaviour("visa", "9995", "decline:insufficient_funds"),
    "stolen": Behaviour("visa", "9979", "decline:stolen_card"),
    "requires_action": Behaviour("visa", "3220", "action"),
    "processing": Behaviour("visa", "0077", "processing"),
    "hang": Behaviour("visa", "0119", "hang"),
    "late_capture": Behaviour("visa", "0127", "late_capture"),
    "refuse_capture": Behaviour("visa", "0341", "refuse_capture"),
    "refund_fail": Behaviour("visa", "5126", "refund_fail"),
}
"""Test tokens: ``tok_<name>`` and ``pm_<name>``, which anybody may use; stored, ``pm_<name>-<number>`` is one card."""


def behaviour(token: str) -> tuple[str, Behaviour] | None:
    """The name and behaviour behind a token."""
    name = token.partition("_")[2].partition("-")[0]
    if name not in TOKENS or not token.startswith(("tok_", "pm_")):
        return None
    return name, TOKENS[name]


def payment_method(token: str) -> dict[str, Any] | None:
    """The token as the API describes it."""
    found = behaviour(token)
    if found is None:
        return None
    name, kind = found
    if kind.funding == "paypal":
        return {"id": token, "object": "payment_method", "type": "paypal", "paypal": {"payer_id": _fingerprint(name)}}
    card = {
        "brand": kind.brand,
        "last4": kind.last4,
        "exp_month": kind.exp_month,
        "exp_year": kind.exp_year,
        "funding": kind.funding,
        "fingerprint": _fingerprint(name),
    }
    return {"id": token, "object": "payment_method", "type": "card", "card": card}


def _fingerprint(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
