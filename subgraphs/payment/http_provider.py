"""Adapter to a provider that speaks the simulator's HTTP with JSON bodies: keys in ``Idempotency-Key``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from subgraphs.payment import signatures
from subgraphs.payment.domain import MethodDetails
from subgraphs.payment.intents import (
    DEFAULT_SHOP_URL,
    MAX_REFUNDS,
    charge_of,
    given_back,
    hold_request,
    method_details,
    minor_units,
    news_of,
    refund_among,
    refund_request,
)
from subgraphs.payment.provider import Charge, GivenBack, News, ProviderRefused, ProviderUnavailable

logger = logging.getLogger("stoa.payment.http")

TIMEOUT_SECONDS = 1.5
"""Below the two seconds that the order service waits for this one, so that it hears an answer."""

_SILENT = "The payment provider does not answer."
_INTENTS = "/v1/payment_intents"
_NO_ANSWER = frozenset({401, 403, 408, 409, 429})


class HttpProvider:
    """A provider behind a base URL, or an ASGI application in this process; both receive the same bytes."""

    def __init__(
        self,
        name: str,
        target: Any,
        secret: str,
        webhook_secret: str,
        timeout: float = TIMEOUT_SECONDS,
        shop_url: str = DEFAULT_SHOP_URL,
    ) -> None:
        self.name = name
        self._timeout = timeout
        self._webhook_secret = webhook_secret
        self._shop_url = shop_url
        transport = None if isinstance(target, str) else httpx.ASGITransport(app=target)
        base_url = target if isinstance(target, str) else f"http://{name}"
        headers = {"authorization": f"Bearer {secret}"}
        self._http = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=timeout, headers=headers)

    async def describe(self, token: str) -> MethodDetails:
        return method_details(await self._send("GET", f"/v1/payment_methods/{token}"))

    async def store(self, token: str, key: str) -> str:
        customer = await self._send("POST", "/v1/customers", {"payment_method": token}, key)
        return str(customer["invoice_settings"]["default_payment_method"])

    async def forget(self, token: str) -> None:
        await self._send("POST", f"/v1/payment_methods/{token}/detach", {})

    async def authorize(self, token: str, amount: Decimal, currency: str, order_id: str, key: str) -> Charge:
        body = hold_request(token, amount, currency, order_id, key, self._shop_url)
        return charge_of(await self._send("POST", _INTENTS, body, key))

    async def find(self, key: str, reference: str | None) -> Charge | None:
        if reference is not None:
            return charge_of(await self._send("GET", f"{_INTENTS}/{reference}", params={"expand[]": "latest_charge"}))
        asked = {"query": f"metadata['attempt_id']:'{key}'", "expand[]": "data.latest_charge"}
        found = await self._send("GET", f"{_INTENTS}/search", params=asked)
        return charge_of(found["data"][0]) if found["data"] else None

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> Charge:
        body = {"amount_to_capture": minor_units(amount, currency)}
        return charge_of(await self._send("POST", f"{_INTENTS}/{reference}/capture", body, key))

    async def void(self, reference: str, key: str) -> Charge:
        return charge_of(await self._send("POST", f"{_INTENTS}/{reference}/cancel", {}, key))

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> GivenBack:
        body = refund_request(reference, amount, currency, key)
        return given_back(await self._send("POST", "/v1/refunds", body, key))

    async def find_refund(self, reference: str) -> GivenBack:
        return given_back(await self._send("GET", f"/v1/refunds/{reference}"))

    async def refund_under(self, key: str, charge: str) -> GivenBack | None:
        return refund_among(await self._refunds(charge), key)

    async def refunds_of(self, charge: str) -> list[GivenBack]:
        return [given_back(refund) for refund in await self._refunds(charge)]

    def news(self, body: bytes, headers: Mapping[str, str]) -> News:
        signatures.check(body, headers.get(signatures.HEADER), self._webhook_secret)
        return news_of(body)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _refunds(self, charge: str) -> list[dict[str, Any]]:
        params = {"payment_intent": charge, "limit": str(MAX_REFUNDS)}
        listed: list[dict[str, Any]] = (await self._send("GET", "/v1/refunds", params=params))["data"]
        return listed

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"idempotency-key": key} if key else {}
        try:
            async with asyncio.timeout(self._timeout):  # also for a target in this process, which httpx does not time
                response = await self._http.request(method, path, json=body, headers=headers, params=params)
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            logger.warning("%s does not answer: %r", self.name, error)
            raise ProviderUnavailable(_SILENT) from error
        if response.status_code >= 500 or response.status_code in _NO_ANSWER:
            logger.warning("%s gives no answer: status %s", self.name, response.status_code)
            raise ProviderUnavailable(_SILENT)
        if response.status_code == 402 and "payment_intent" in answer.get("error", {}):
            intent: dict[str, Any] = answer["error"]["payment_intent"]  # a decline tells what became of the intent
            return intent
        if response.status_code >= 400:
            error_data = answer.get("error", {})
            raise ProviderRefused(error_data.get("message", "refused"), code=error_data.get("code"))
        return answer
