"""A payment provider to develop and test against: a real HTTP application with the habits of real providers.

Payment intents are created and confirmed with a token, then captured, cancelled, refunded; every POST honours
``Idempotency-Key`` (same body: same answer, other body: 400 ``idempotency_key_reused``). Everything is deterministic:
ids derive from keys, outcomes from test tokens. State lives in memory. Routes, all under a bearer secret:

    GET  /v1/payment_methods/{token}          POST /v1/payment_methods {token}
    POST /v1/payment_intents                  GET  /v1/payment_intents/{id}
    POST /v1/payment_intents/{id}/confirm     POST /v1/payment_intents/{id}/capture {amount_to_capture}
    POST /v1/payment_intents/{id}/cancel      POST /v1/refunds {payment_intent, amount}
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRET = "sk_test_simulator"  # noqa: S105 - the simulator guards nothing


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A test token: the means of payment it stands for, and what happens to charges on it."""

    type: str
    brand: str
    last4: str | None
    outcome: str = "approve"  # approve, decline:<code>, action, processing, hang
    exp_month: int | None = 12
    exp_year: int | None = 2040


TOKENS: Mapping[str, Behaviour] = {
    "visa": Behaviour("credit_card", "visa", "4242"),
    "visa_debit": Behaviour("debit_card", "visa", "5556"),
    "mastercard": Behaviour("credit_card", "mastercard", "4444"),
    "amex": Behaviour("credit_card", "amex", "0005"),
    "paypal": Behaviour("paypal", "PayPal", None, exp_month=None, exp_year=None),
    "expired": Behaviour("credit_card", "visa", "0069", "decline:expired_card", exp_month=1, exp_year=2020),
    "declined": Behaviour("credit_card", "visa", "0002", "decline:card_declined"),
    "insufficient_funds": Behaviour("credit_card", "visa", "9995", "decline:insufficient_funds"),
    "stolen": Behaviour("credit_card", "visa", "9979", "decline:stolen_card"),
    "requires_action": Behaviour("credit_card", "visa", "3220", "action"),
    "processing": Behaviour("credit_card", "visa", "0077", "processing"),
    "hang": Behaviour("credit_card", "visa", "0119", "hang"),
}
"""Test tokens: ``tok_<name>`` for one use, ``pm_<name>`` once stored."""

HANG_SECONDS = 30.0


class _RefusalError(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.response = JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


class Simulator:
    """The provider's books: intents, refunds, and the answers given under each key."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.intents: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[str, Response]] = {}

    def app(self) -> Starlette:
        """The HTTP application over these books."""
        intents = "/v1/payment_intents"
        return Starlette(
            routes=[
                Route("/v1/payment_methods/{token}", self._route(self.describe), methods=["GET"]),
                Route("/v1/payment_methods", self._route(self.store), methods=["POST"]),
                Route(intents, self._route(self.create), methods=["POST"]),
                Route(f"{intents}/{{id}}", self._route(self.retrieve), methods=["GET"]),
                Route(f"{intents}/{{id}}/confirm", self._route(self.confirm), methods=["POST"]),
                Route(f"{intents}/{{id}}/capture", self._route(self.capture), methods=["POST"]),
                Route(f"{intents}/{{id}}/cancel", self._route(self.cancel), methods=["POST"]),
                Route("/v1/refunds", self._route(self.refund), methods=["POST"]),
            ]
        )

    def _route(
        self, act: Callable[[Request, dict[str, Any]], Awaitable[dict[str, Any]]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Check the secret, answer repeated keys from the books, else act."""

        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self.secret}":
                return _RefusalError("unauthorized", "Unknown API key.", 401).response
            raw = await request.body()
            key = request.headers.get("idempotency-key")
            digest = hashlib.sha256(request.url.path.encode() + raw).hexdigest()
            if key in self.answers:
                known, answer = self.answers[key]
                reused = _RefusalError("idempotency_key_reused", "This key was used for another request.").response
                return answer if known == digest else reused
            try:
                response: Response = JSONResponse(await act(request, orjson.loads(raw) if raw else {}))
            except _RefusalError as refused:
                response = refused.response
            if key is not None:
                self.answers[key] = (digest, response)
            return response

        return endpoint

    # -- payment methods --------------------------------------------------------------------------------------------

    async def describe(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        return _method(request.path_params["token"])

    async def store(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        return _method("pm_" + _name(str(body.get("token"))))

    # -- intents ----------------------------------------------------------------------------------------------------

    async def create(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        amount, key = body.get("amount"), request.headers.get("idempotency-key", "")
        if type(amount) is not int or amount <= 0:
            raise _RefusalError("amount_invalid", "The amount is a positive number of minor units.")
        intent = {
            "id": f"pi_{hashlib.sha256(key.encode()).hexdigest()[:24]}",
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "amount_refunded": 0,
            "currency": body.get("currency"),
            "status": "requires_confirmation",
            "payment_method": body.get("payment_method"),
            "metadata": body.get("metadata", {}),
        }
        self.intents[intent["id"]] = intent
        return await self._confirm(intent) if body.get("confirm") else intent

    async def retrieve(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        return self._intent(request)

    async def confirm(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(request)
        intent["payment_method"] = body.get("payment_method", intent["payment_method"])
        return await self._confirm(intent)

    async def _confirm(self, intent: dict[str, Any]) -> dict[str, Any]:
        outcome = TOKENS[_name(str(intent["payment_method"]))].outcome
        if outcome == "hang":
            await asyncio.sleep(HANG_SECONDS)
        intent.pop("last_payment_error", None)
        if outcome.startswith("decline:"):
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": outcome.removeprefix("decline:"), "message": "Declined."}
        elif outcome == "action":
            intent["status"] = "requires_action"
            url = f"https://payments.example/authenticate/{intent['id']}"
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url}}
        elif outcome == "processing":
            intent["status"] = "processing"
        else:
            intent["status"] = "requires_capture"
        return intent

    async def capture(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(request)
        amount = body.get("amount_to_capture", intent["amount"])
        if intent["status"] != "requires_capture":
            raise _RefusalError("intent_unexpected_state", f"The intent is {intent['status']}.")
        if not 0 < amount <= intent["amount"]:
            raise _RefusalError("amount_too_large", "More than the held amount cannot be captured.")
        intent.update(status="succeeded", amount_received=amount)
        return intent

    async def cancel(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(request)
        if intent["status"] == "succeeded":
            raise _RefusalError("intent_unexpected_state", "A captured intent is refunded, not cancelled.")
        intent["status"] = "canceled"
        return intent

    # -- refunds ----------------------------------------------------------------------------------------------------

    async def refund(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        intent = self.intents.get(str(body.get("payment_intent")))
        amount = body.get("amount")
        if intent is None:
            raise _RefusalError("resource_missing", "No such intent.", 404)
        if type(amount) is not int or not 0 < amount <= intent["amount_received"] - intent["amount_refunded"]:
            raise _RefusalError("charge_already_refunded", "More than what was captured cannot be refunded.")
        intent["amount_refunded"] += amount
        key = request.headers.get("idempotency-key", f"{intent['id']}:{intent['amount_refunded']}")
        return {"id": f"re_{hashlib.sha256(key.encode()).hexdigest()[:24]}", "amount": amount, "status": "succeeded"}

    def _intent(self, request: Request) -> dict[str, Any]:
        intent = self.intents.get(request.path_params["id"])
        if intent is None:
            raise _RefusalError("resource_missing", "No such intent.", 404)
        return intent


def _name(token: str) -> str:
    """The behaviour's name behind ``tok_<name>`` or ``pm_<name>``."""
    name = token.partition("_")[2]
    if name not in TOKENS or not token.startswith(("tok_", "pm_")):
        raise _RefusalError("resource_missing", "No such payment method.", 404)
    return name


def _method(token: str) -> dict[str, Any]:
    behaviour = TOKENS[_name(token)]
    return {
        "id": token,
        "type": behaviour.type,
        "brand": behaviour.brand,
        "last4": behaviour.last4,
        "exp_month": behaviour.exp_month,
        "exp_year": behaviour.exp_year,
        "fingerprint": hashlib.sha256(_name(token).encode()).hexdigest()[:32],
    }
