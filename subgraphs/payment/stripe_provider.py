"""Adapter to Stripe on its official library: payment intents with manual capture, keys as Stripe's idempotency keys.

A stored method is a customer and the payment method attached to it, kept as ``cus_…/pm_…``: Stripe charges a method
again only for the customer it belongs to.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import stripe

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
from subgraphs.payment.provider import (
    KEY_REUSED,
    Charge,
    GivenBack,
    News,
    NewsRefused,
    ProviderRefused,
    ProviderUnavailable,
)
from subgraphs.payment.signatures import HEADER, TOLERANCE_SECONDS

logger = logging.getLogger("stoa.payment.stripe")
T = TypeVar("T")


class StripeProvider:
    """Stripe, or with ``api_base`` something that speaks its API."""

    name = "stripe"

    def __init__(
        self,
        secret: str,
        webhook_secret: str,
        timeout: float,
        api_base: str | None = None,
        shop_url: str = DEFAULT_SHOP_URL,
    ) -> None:
        self._webhook_secret = webhook_secret
        self._shop_url = shop_url
        self._http = stripe.HTTPXClient(timeout=timeout)
        self._stripe = stripe.StripeClient(
            secret,
            http_client=self._http,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=0,  # whoever asked asks again, under the same key
        )

    async def describe(self, token: str) -> MethodDetails:
        method = token.rpartition("/")[2]
        return method_details(await self._ask(self._stripe.v1.payment_methods.retrieve_async(method)))

    async def store(self, token: str, key: str) -> str:
        made = await self._ask(self._stripe.v1.customers.create_async({"payment_method": token}, _under(key)))
        default = made["invoice_settings"]["default_payment_method"] or token
        return f"{made['id']}/{default}"

    async def forget(self, token: str) -> None:
        await self._ask(self._stripe.v1.payment_methods.detach_async(token.rpartition("/")[2]))

    async def authorize(self, token: str, amount: Decimal, currency: str, order_id: str, key: str) -> Charge:
        customer, _, method = token.rpartition("/")
        asked = hold_request(method, amount, currency, order_id, key, self._shop_url)
        if customer:
            asked["customer"] = customer
        return charge_of(await self._ask(self._stripe.v1.payment_intents.create_async(asked, _under(key))))  # type: ignore[arg-type]

    async def find(self, key: str, reference: str | None) -> Charge | None:
        intents = self._stripe.v1.payment_intents
        if reference is not None:
            return charge_of(await self._ask(intents.retrieve_async(reference, {"expand": ["latest_charge"]})))
        query = f"metadata['attempt_id']:'{key}'"
        found = await self._ask(intents.search_async({"query": query, "expand": ["data.latest_charge"]}))
        return charge_of(found["data"][0]) if found["data"] else None

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> Charge:
        asked = {"amount_to_capture": minor_units(amount, currency)}
        return charge_of(
            await self._ask(self._stripe.v1.payment_intents.capture_async(reference, asked, _under(key)))  # type: ignore[arg-type]
        )

    async def void(self, reference: str, key: str) -> Charge:
        return charge_of(await self._ask(self._stripe.v1.payment_intents.cancel_async(reference, {}, _under(key))))

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> GivenBack:
        asked = refund_request(reference, amount, currency, key)
        return given_back(await self._ask(self._stripe.v1.refunds.create_async(asked, _under(key))))  # type: ignore[arg-type]

    async def find_refund(self, reference: str) -> GivenBack:
        return given_back(await self._ask(self._stripe.v1.refunds.retrieve_async(reference)))

    async def refund_under(self, key: str, charge: str) -> GivenBack | None:
        return refund_among(await self._refunds(charge), key)

    async def refunds_of(self, charge: str) -> list[GivenBack]:
        return [given_back(refund) for refund in await self._refunds(charge)]

    def news(self, body: bytes, headers: Mapping[str, str]) -> News:
        signature, secret = headers.get(HEADER) or "", self._webhook_secret
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, signature, secret, None)
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise NewsRefused("forged", "The signature does not fit the message.") from error
        try:
            stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE_SECONDS)
        except stripe.SignatureVerificationError as error:
            raise NewsRefused("stale", "The message is too old.") from error
        return news_of(body)

    async def aclose(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _refunds(self, charge: str) -> list[Mapping[str, Any]]:
        asked = self._stripe.v1.refunds.list_async({"payment_intent": charge, "limit": MAX_REFUNDS})
        listed: list[Mapping[str, Any]] = (await self._ask(asked))["data"]
        return listed

    async def _ask(self, asked: Awaitable[Any]) -> Mapping[str, Any]:
        """The object; a decline is one too. Silence, trouble and a secret that is refused leave the outcome open."""
        try:
            answer = await asked
        except stripe.CardError as declined:
            body: Any = declined.json_body
            intent = body.get("error", {}).get("payment_intent") if isinstance(body, Mapping) else None
            if intent is None:
                raise ProviderRefused("The card was refused.", code=declined.code) from declined
            return intent  # type: ignore[no-any-return]
        except stripe.InvalidRequestError as refused:
            raise ProviderRefused(refused.user_message or "refused", code=refused.code) from refused
        except stripe.IdempotencyError as refused:
            if refused.http_status == 409:
                raise ProviderUnavailable("The payment provider still works on this request.") from refused
            raise ProviderRefused("This key was used for another request.", code=KEY_REUSED) from refused
        except stripe.StripeError as error:
            logger.warning("Stripe gives no answer: %s, status %s", type(error).__name__, error.http_status)
            raise ProviderUnavailable("The payment provider does not answer.") from error
        return answer.to_dict()  # type: ignore[no-any-return]


def _under(key: str) -> Any:
    return {"idempotency_key": key}
