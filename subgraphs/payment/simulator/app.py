"""The simulator's HTTP application, all under a bearer secret:

GET  /v1/payment_methods/{token}           POST /v1/customers {payment_method}
POST /v1/payment_methods/{token}/detach
POST /v1/payment_intents                   GET  /v1/payment_intents/{id}
GET  /v1/payment_intents/search?query=metadata['attempt_id']:'…'        (both with expand[]=…latest_charge)
POST /v1/payment_intents/{id}/capture      POST /v1/payment_intents/{id}/cancel
POST /v1/refunds {payment_intent, amount}  GET  /v1/refunds/{id}
GET  /v1/refunds?payment_intent=…
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from subgraphs.payment.simulator.books import Books
from subgraphs.payment.simulator.confirmation import lacks_return_url, next_action
from subgraphs.payment.simulator.tokens import behaviour, payment_method
from subgraphs.payment.simulator.webhooks import Messenger

SECRET = "sk_test_simulator"  # noqa: S105 - the simulator guards nothing
WEBHOOK_SECRET = "whsec_simulator"  # noqa: S105
HANG_SECONDS = 30.0

T = TypeVar("T")
_Act = Callable[[Request, dict[str, Any]], Awaitable[dict[str, Any]]]
_QUERY = re.compile(r"metadata\['attempt_id'\]:'([0-9a-f-]+)'")


class _RefusalError(Exception):
    def __init__(self, code: str, message: str, status: int = 400, **facts: Any) -> None:
        super().__init__(message)
        self.status = status
        kind = {402: "card_error", 409: "idempotency_error"}.get(status, "invalid_request_error")
        self.body = {"error": {"type": kind, "code": code, "message": message, **facts}}


class Simulator:
    """The provider over its books; ``hang_seconds`` is how long silent tokens are silent."""

    def __init__(
        self,
        secret: str = SECRET,
        books: Books | None = None,
        messenger: Messenger | None = None,
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        self.secret = secret
        self.books = books or Books()
        self.messenger = messenger or Messenger(None, WEBHOOK_SECRET)
        self.hang_seconds = hang_seconds
        self.trouble: int | None = None
        """A status that everything is answered with: 401 for a secret that is no longer known, 429, 500 …"""
        self.refund_state = "succeeded"
        """What a refund is answered as; one that is ``pending`` is until ``end_refund``."""
        self._running: dict[str, tuple[str, asyncio.Task[Response]]] = {}

    def app(self) -> Starlette:
        """The HTTP application over these books."""
        intents = "/v1/payment_intents"
        return Starlette(
            routes=[
                Route("/v1/payment_methods/{token}", self._route(self.describe), methods=["GET"]),
                Route("/v1/payment_methods/{token}/detach", self._route(self.detach), methods=["POST"]),
                Route("/v1/customers", self._route(self.store), methods=["POST"]),
                Route(intents, self._route(self.create), methods=["POST"]),
                Route(f"{intents}/search", self._route(self.search), methods=["GET"]),
                Route(f"{intents}/{{id}}", self._route(self.retrieve), methods=["GET"]),
                Route(f"{intents}/{{id}}/capture", self._route(self.capture), methods=["POST"]),
                Route(f"{intents}/{{id}}/cancel", self._route(self.cancel), methods=["POST"]),
                Route("/v1/refunds", self._route(self.refund), methods=["POST"]),
                Route("/v1/refunds", self._route(self.list_refunds), methods=["GET"]),
                Route("/v1/refunds/{id}", self._route(self.retrieve_refund), methods=["GET"]),
            ]
        )

    async def aclose(self) -> None:
        """End what is silent or not delivered, and close the books."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.messenger.aclose()
        self.books.close()

    # -- requests ---------------------------------------------------------------------------------------------------

    def _route(self, act: _Act) -> Callable[[Request], Awaitable[Response]]:
        """Check the secret, answer repeated keys from the books, else act; a caller who hangs up changes nothing."""

        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self.secret}":
                return _response(401, {"error": {"type": "invalid_request_error", "message": "Unknown API key."}})
            if self.trouble is not None:
                return _troubled(self.trouble)
            raw = await request.body()
            key = request.headers.get("idempotency-key")
            if key is None:
                return await self._perform(act, request, raw, None, "")
            digest = hashlib.sha256(request.url.path.encode() + raw).hexdigest()
            known = self.books.answer(key)
            if known is not None and known[0] != digest:
                return _refused("idempotency_key_reused", "This key was used for another request.")
            if known is not None:
                return Response(known[2], known[1], media_type="application/json")
            running, task = self._running.get(key, ("", None))
            if task is not None and running != digest:
                return _refused("idempotency_key_in_use", "The key belongs to a request that is still running.", 409)
            if task is None:
                task = asyncio.get_running_loop().create_task(self._perform(act, request, raw, key, digest))
                self._running[key] = (digest, task)
                task.add_done_callback(lambda _: self._running.pop(key, None))
            return await asyncio.shield(task)

        return endpoint

    async def _perform(self, act: _Act, request: Request, raw: bytes, key: str | None, digest: str) -> Response:
        try:
            response = _response(200, await act(request, _fields(request, raw)))
        except _RefusalError as refused:
            response = _response(refused.status, refused.body)
        if key is not None:
            self.books.put_answer(key, digest, response.status_code, bytes(response.body))
        self.books.commit()
        return response

    # -- payment methods --------------------------------------------------------------------------------------------

    async def describe(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        return _known(payment_method(request.path_params["token"]), "payment method")

    async def detach(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        method = _known(payment_method(request.path_params["token"]), "payment method")
        if not self.books.is_attached(method["id"]):
            raise _RefusalError("resource_missing", "The payment method belongs to no customer.")
        self.books.put_card(method["id"], attached=False)
        return {**method, "customer": None}

    async def store(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """A customer whose default is a card of its own, so that it may be used again."""
        token = str(body.get("payment_method", ""))
        if self.books.is_attached(token) is not None:
            raise _RefusalError("payment_method_unexpected_state", "The payment method has had a customer.")
        name, _ = _known(behaviour(token), "payment method")
        number = hashlib.sha256(request.headers.get("idempotency-key", uuid4().hex).encode()).hexdigest()
        card = f"pm_{name}-{number[:24]}"
        self.books.put_card(card, attached=True)
        return {
            "id": f"cus_{number[24:38]}",
            "object": "customer",
            "invoice_settings": {"default_payment_method": card},
        }

    # -- intents ----------------------------------------------------------------------------------------------------

    async def create(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        amount, key = _whole(body.get("amount")), request.headers.get("idempotency-key", "")
        found = behaviour(str(body.get("payment_method")))
        if amount is None or amount <= 0:
            raise _RefusalError("amount_invalid", "The amount is a positive number of minor units.")
        if found is None or self.books.is_attached(str(body.get("payment_method"))) is False:
            raise _RefusalError("resource_missing", "No such payment method.", 404)
        if lacks_return_url(body):
            raise _RefusalError("parameter_missing", "Confirming needs a return_url, or allow no redirects.")
        intent = {
            "id": f"pi_{hashlib.sha256(key.encode()).hexdigest()[:24]}",
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "amount_refunded": 0,
            "currency": str(body.get("currency", "")).lower(),
            "status": "requires_confirmation",
            "payment_method": body.get("payment_method"),
            "metadata": body.get("metadata", {}),
            "created": int(time.time()),
        }
        outcome = found[1].outcome
        if outcome in ("hang", "late_capture"):
            await asyncio.sleep(self.hang_seconds)
        return self._confirm(intent, outcome, body.get("return_url"))

    def _confirm(self, intent: dict[str, Any], outcome: str, return_url: str | None) -> dict[str, Any]:
        if outcome.startswith("decline:"):
            code = outcome.removeprefix("decline:")
            error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": "Declined."}
            intent.update(status="requires_payment_method", last_payment_error=error)
        elif outcome == "action":
            intent.update(status="requires_action", next_action=next_action(intent["id"], return_url))
        elif outcome == "processing":
            intent.update(status="processing")
        elif outcome == "late_capture":
            intent.update(status="succeeded", amount_received=intent["amount"])
        else:
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
        self._save(intent)
        if outcome.startswith("decline:"):
            raise _RefusalError("card_declined", "Declined.", 402, decline_code=code, payment_intent=intent)
        return intent

    async def search(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        asked = _QUERY.fullmatch(request.query_params.get("query", ""))
        if asked is None:
            raise _RefusalError("parameter_invalid", "Only metadata['attempt_id'] can be searched for.")
        intent = self.books.intent_of_attempt(asked[1])
        return {
            "object": "search_result",
            "has_more": False,
            "data": [_spelt_out(intent, request)] if intent else [],
            "url": "/search",
        }

    async def retrieve(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        return _spelt_out(self._intent(request), request)

    async def capture(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(request)
        amount = _whole(body.get("amount_to_capture", intent["amount"]))
        found = behaviour(str(intent["payment_method"]))
        if found is not None and found[1].outcome == "refuse_capture":
            raise _RefusalError("capture_charge_authorization_expired", "The issuer no longer holds the money.")
        if intent["status"] != "requires_capture":
            raise _RefusalError("payment_intent_unexpected_state", f"The intent is {intent['status']}.")
        if amount is None or not 0 < amount <= intent["amount"]:
            raise _RefusalError("amount_too_large", "More than the held amount cannot be captured.")
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        return self._save(intent)

    async def cancel(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(request)
        if intent["status"] in ("succeeded", "canceled"):
            raise _RefusalError("payment_intent_unexpected_state", f"The intent is {intent['status']}.")
        intent.update(status="canceled", amount_capturable=0)
        return self._save(intent)

    # -- refunds ----------------------------------------------------------------------------------------------------

    async def refund(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        intent = _known(self.books.intent(str(body.get("payment_intent"))), "payment_intent")
        amount = _whole(body.get("amount"))
        if amount is None or not 0 < amount <= intent["amount_received"] - intent["amount_refunded"]:
            raise _RefusalError("charge_already_refunded", "More than what was captured cannot be refunded.")
        intent["amount_refunded"] += amount
        self.books.put_intent(intent)
        key = request.headers.get("idempotency-key", f"{intent['id']}:{intent['amount_refunded']}")
        refund = {
            "id": f"re_{hashlib.sha256(key.encode()).hexdigest()[:24]}",
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": body.get("metadata", {}),
            "status": self.refund_state,
        }
        self.books.put_refund(refund)
        self.messenger.tell("refund.created", refund)
        found = behaviour(str(intent["payment_method"]))
        if found is not None and found[1].outcome == "refund_fail":
            self.end_refund(refund["id"], "failed")
        return refund

    def end_refund(self, refund_id: str, status: str) -> None:
        """What the bank made of a refund, of a succeeded one too: its money is back when it ``failed``."""
        refund = _known(self.books.refund(refund_id), "refund")
        if refund["status"] == "failed" or refund["status"] == status:
            return
        refund["status"] = status
        if status == "failed":
            refund["failure_reason"] = "expired_or_canceled_card"
            intent = _known(self.books.intent(refund["payment_intent"]), "payment_intent")
            intent["amount_refunded"] -= refund["amount"]
            self.books.put_intent(intent)
            self.messenger.tell("refund.failed", refund)
        self.books.put_refund(refund)
        for kind in ("refund.updated", "charge.refund.updated"):
            self.messenger.tell(kind, refund)
        self.books.commit()

    async def list_refunds(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        found = self.books.refunds_of(request.query_params.get("payment_intent", ""))
        limit = _whole(request.query_params.get("limit")) or 10
        return {"object": "list", "has_more": len(found) > limit, "data": found[:limit], "url": "/v1/refunds"}

    async def retrieve_refund(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        return _known(self.books.refund(request.path_params["id"]), "refund")

    def _intent(self, request: Request) -> dict[str, Any]:
        return _known(self.books.intent(request.path_params["id"]), "payment_intent")

    def _save(self, intent: dict[str, Any]) -> dict[str, Any]:
        self.books.put_intent(intent)
        self.messenger.tell_intent(intent)
        return intent


def _spelt_out(intent: dict[str, Any], request: Request) -> dict[str, Any]:
    """The intent with its charge, when that is to be expanded; there is none before it is confirmed."""
    asked = [value for name, value in request.query_params.multi_items() if name.startswith("expand[")]
    if intent["status"] not in ("requires_capture", "succeeded") or not any("latest_charge" in each for each in asked):
        return intent
    captured, refunded = intent["amount_received"], intent["amount_refunded"]
    charge = {"object": "charge", "amount_captured": captured, "amount_refunded": refunded}
    return {**intent, "latest_charge": charge}


def _known(thing: T | None, kind: str) -> T:
    if thing is None:
        raise _RefusalError("resource_missing", f"No such {kind}.", 404)
    return thing


def _fields(request: Request, raw: bytes) -> dict[str, Any]:
    """A JSON body, or a form whose names may be nested: ``metadata[order_id]=…``."""
    if not raw:
        return {}
    if "json" in request.headers.get("content-type", ""):
        body: dict[str, Any] = orjson.loads(raw)
        return body
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(raw.decode(), keep_blank_values=True):
        outer, _, inner = name.partition("[")
        if inner:
            fields.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            fields[outer] = value
    return fields


def _whole(value: Any) -> int | None:
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _response(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _troubled(status: int) -> Response:
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return _response(status, {"error": {"type": kind, "message": f"Answered with {status}, whatever is asked."}})


def _refused(code: str, message: str, status: int = 400) -> Response:
    return _response(status, _RefusalError(code, message, status).body)
