"""Signed messages in the form ``t=<seconds>,v1=<hex>``: HMAC-SHA256 over ``<seconds>.<body>`` (Stripe's scheme)."""

from __future__ import annotations

import hashlib
import hmac
import time

from subgraphs.payment.provider import NewsRefused

HEADER = "stripe-signature"
TOLERANCE_SECONDS = 300
"""How far a message's clock may be from ours, in both directions: a replay is good for no longer."""


def sign(body: bytes, secret: str, at: float | None = None) -> str:
    """The header's value for a message sent ``at`` a time, by default now."""
    seconds = str(int(time.time() if at is None else at))
    return f"t={seconds},v1={_digest(seconds, body, secret)}"


def check(body: bytes, signature: str | None, secret: str) -> None:
    """Raises NewsRefused ``forged`` unless the signature holds, then ``stale`` unless it is recent."""
    parts = [part.partition("=") for part in (signature or "").split(",")]
    seconds = next((value for name, _, value in parts if name == "t"), "")
    wanted = _digest(seconds, body, secret)
    offered = [value for name, _, value in parts if name == "v1"]
    if not any(hmac.compare_digest(value.encode(), wanted.encode()) for value in offered):
        raise NewsRefused("forged", "The signature does not fit the message.")
    if not seconds.isascii() or not seconds.isdigit() or abs(time.time() - int(seconds)) > TOLERANCE_SECONDS:
        raise NewsRefused("stale", "The message is too old or from the future.")


def _digest(seconds: str, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
