"""Adapter to a provider that speaks the simulator's HTTP: intents in minor units, keys in ``Idempotency-Key``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from subgraphs.kernel.money import EXPONENTS
from subgraphs.payment.domain import MethodDetails, PaymentMethodType
from subgraphs.payment.provider import Charge, ChargeState, ProviderRefused, ProviderUnavailable

_STATES = {
    "requires_capture": ChargeState.AUTHORIZED,
    "succeeded": ChargeState.CAPTURED,
    "canceled": ChargeState.VOIDED,
    "requires_payment_method": ChargeState.DECLINED,
    "processing": ChargeState.PROCESSING,
    "requires_action": ChargeState.REQUIRES_ACTION,
}
_KEPT = ("id", "status", "amount", "amount_received", "currency", "created")
"""Fields of an answer that are kept; everything else, client secrets first of all, is dropped."""

TIMEOUT_SECONDS = 1.5
"""Below the two seconds that the order service waits for this one, so that it hears an answer."""


class HttpProvider:
    """A provider behind a base URL, or an ASGI application in this process; both receive the same bytes."""

    def __init__(self, name: str, target: Any, secret: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self.name = name
        transport = None if isinstance(target, str) else httpx.ASGITransport(app=target)
        base_url = target if isinstance(target, str) else f"http://{name}"
        headers = {"authorization": f"Bearer {secret}"}
        self._http = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=timeout, headers=headers)

    async def describe(self, token: str) -> MethodDetails:
        method = await self._send("GET", f"/v1/payment_methods/{token}")
        return MethodDetails(
            type=PaymentMethodType(method["type"]),
            fingerprint=method["fingerprint"],
            brand=method.get("brand"),
            last_four_digits=method.get("last4"),
            expiry_month=method.get("exp_month"),
            expiry_year=method.get("exp_year"),
        )

    async def store(self, token: str) -> str:
        return str((await self._send("POST", "/v1/payment_methods", {"token": token}))["id"])

    async def authorize(self, token: str, amount: Decimal, currency: str, order_id: str, key: str) -> Charge:
        body = {
            "amount": minor_units(amount, currency),
            "currency": currency,
            "payment_method": token,
            "capture_method": "manual",
            "confirm": True,
            "metadata": {"order_id": order_id},
        }
        return _charge(await self._send("POST", "/v1/payment_intents", body, key))

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> Charge:
        body = {"amount_to_capture": minor_units(amount, currency)}
        return _charge(await self._send("POST", f"/v1/payment_intents/{reference}/capture", body, key))

    async def void(self, reference: str, key: str) -> Charge:
        return _charge(await self._send("POST", f"/v1/payment_intents/{reference}/cancel", {}, key))

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> str:
        body = {"payment_intent": reference, "amount": minor_units(amount, currency)}
        return str((await self._send("POST", "/v1/refunds", body, key))["id"])

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        headers = {"idempotency-key": key} if key else {}
        try:
            response = await self._http.request(method, path, json=body, headers=headers)
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnavailable(f"The payment provider {self.name} does not answer.") from error
        if response.status_code >= 500:
            raise ProviderUnavailable(f"The payment provider {self.name} failed with {response.status_code}.")
        if response.status_code >= 400:
            error_data = answer.get("error", {})
            raise ProviderRefused(error_data.get("message", "refused"), code=error_data.get("code"))
        return answer


def minor_units(amount: Decimal, currency: str) -> int:
    """``12.34`` USD is 1234; raises ValueError for an amount the currency cannot express."""
    units = amount.scaleb(EXPONENTS[currency])
    if units != units.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency}")
    return int(units)


def _charge(intent: Mapping[str, Any]) -> Charge:
    error = intent.get("last_payment_error") or {}
    action = (intent.get("next_action") or {}).get("redirect_to_url") or {}
    facts = {name: intent[name] for name in _KEPT if name in intent}
    if error.get("code"):
        facts["error_code"] = error["code"]
    return Charge(intent["id"], _STATES[intent["status"]], error.get("code"), action.get("url"), facts)
