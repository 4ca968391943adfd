"""Confirming a payment intent as Stripe does since 2023-08-16: a buyer may be sent away, and must be able to return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lacks_return_url(body: Mapping[str, Any]) -> bool:
    """Whether a request would confirm without a page to return to, while a means of payment may send the buyer away.

    Those of the dashboard may, unless the request names its own kinds, forbids redirects, or says that the buyer is
    not there.
    """
    methods = body.get("automatic_payment_methods") or {}
    settled = (
        body.get("payment_method_types") or methods.get("allow_redirects") == "never" or _true(body, "off_session")
    )
    return _true(body, "confirm") and not settled and not body.get("return_url")


def next_action(intent_id: str, return_url: str | None) -> dict[str, Any]:
    """The bank's page, when the buyer can be sent back from it; else what only the provider's script can do."""
    if not return_url:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
    url = f"https://payments.example/authenticate/{intent_id}"
    return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}


def _true(body: Mapping[str, Any], name: str) -> bool:
    return str(body.get(name, "")).lower() == "true"
