"""The order room's view of its siblings: catalog, stock, payments, addresses; mostly hidden operations (S-006).

Every call may raise PeerUnavailable (whether the sibling acted is unknown; the operations are idempotent, so calling
again is safe) or PeerRefused. Never call one inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.service_client import PeerUnavailable, ServiceClient
from subgraphs.kernel.settings import RoomSettings, SettingsError
from subgraphs.order.domain.cart import Line
from subgraphs.order.domain.checkout import RESERVATION_SECONDS, impossible_token
from subgraphs.order.domain.pricing import PricedLine

_CATALOG = """
query Catalog($products: [_Any!]!) { _entities(representations: $products) { ... on Product { id active } } }"""
_RESERVE = """
mutation ReserveStock($orderId: ID!, $lines: [StockLine!]!, $ttl: Int!) {
  reserveStock(orderId: $orderId, lines: $lines, ttlSeconds: $ttl) {
    ok state
    lines { productId sku name quantity unitPrice { amount currency } }
    shortages { productId requested available }
  }
}"""
_COMMIT = "mutation CommitReservation($orderId: ID!) { commitReservation(orderId: $orderId) { ok state } }"
_RELEASE = """
mutation ReleaseReservation($orderId: ID!, $reason: String!) {
  releaseReservation(orderId: $orderId, reason: $reason) { ok state }
}"""
_ADDRESS = """
mutation AddressSnapshot($userId: ID!, $addressId: ID!) { addressSnapshot(userId: $userId, addressId: $addressId) }"""
_OUTCOME = "{ state paymentId declineCode nextActionUrl }"
_AUTHORIZE = f"""
mutation AuthorizePayment($orderId: ID!, $userId: ID!, $amount: Decimal!, $currency: String!, $methodId: ID,
                          $token: String, $key: ID!) {{
  authorizePayment(orderId: $orderId, userId: $userId, amount: $amount, currency: $currency,
                   paymentMethodId: $methodId, paymentToken: $token, idempotencyKey: $key) {_OUTCOME}
}}"""
_CAPTURE = f"""
mutation CaptureForOrder($orderId: ID!, $key: ID!) {{
  captureForOrder(orderId: $orderId, idempotencyKey: $key) {_OUTCOME}
}}"""
_VOID = f"""
mutation VoidForOrder($orderId: ID!, $key: ID!) {{ voidForOrder(orderId: $orderId, idempotencyKey: $key) {_OUTCOME} }}
"""

LEASE_SLACK_SECONDS = 5.0
"""Of a lease that was renewed, what may have passed when the call begins for which it was renewed."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A product of which fewer units are available than asked for."""

    product_id: UUID
    requested: int
    available: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """The product service's answer: all lines held and priced, or the shortages and nothing held."""

    ok: bool
    lines: tuple[PricedLine, ...]
    shortages: tuple[Shortage, ...]


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """The payment service's answer.

    AUTHORIZED, CAPTURED, VOIDED, REFUNDED, DECLINED, PROCESSING, REQUIRES_ACTION, or NONE without a payment.
    """

    state: str
    payment_id: str | None
    decline_code: str | None
    next_action_url: str | None


@dataclass(frozen=True, slots=True)
class PaymentSource:
    """What the buyer pays with: a stored method or a one-time token of the provider."""

    method_id: str | None
    token: str | None

    @property
    def argument(self) -> str:
        """What the client calls it."""
        return "paymentToken" if self.method_id is None else "paymentMethodId"

    @property
    def impossible(self) -> str | None:
        """Why it cannot be a means of payment, as a decline code; None when the payment service has to be asked."""
        if self.token is not None:
            return impossible_token(self.token)
        known = uuid_or_none(self.method_id) if self.method_id is not None else None
        return None if known else "payment_method_not_found"

    def to_json(self) -> dict[str, str | None]:
        """What may be kept of it for as long as the attempt is under way: never what may be a card's number."""
        if self.impossible is not None:
            return {"impossible": self.impossible}
        return {"method_id": self.method_id, "token": self.token}


@dataclass(frozen=True, slots=True)
class Siblings:
    """The clients of one request or worker; ``hold_seconds`` is how long goods are set aside for a payment.

    ``before_call`` is awaited before each call, also a repeated one, and may stop it by raising.
    """

    clients: Mapping[str, ServiceClient]
    traceparent: str | None = None
    hold_seconds: int = RESERVATION_SECONDS
    before_call: Callable[[], Awaitable[None]] | None = None

    async def catalog(self, product_ids: Sequence[UUID]) -> Mapping[UUID, bool]:
        """Whether each of these products is on sale; those that the catalog does not know are absent."""
        products = [{"__typename": "Product", "id": str(each)} for each in product_ids]
        found = (await self._execute("product", _CATALOG, {"products": products}))["_entities"]
        return {UUID(each["id"]): each["active"] for each in found if each is not None}

    async def reserve(self, order_id: UUID, lines: Sequence[Line]) -> Reservation:
        """Hold all lines for ``hold_seconds``, all or nothing; asked again once when the answer is lost."""
        variables = {
            "orderId": str(order_id),
            "lines": [{"productId": str(line.product_id), "quantity": line.quantity} for line in lines],
            "ttl": self.hold_seconds,
        }
        try:
            data = await self._execute("product", _RESERVE, variables)
        except PeerUnavailable:
            data = await self._execute("product", _RESERVE, variables)
        answer = data["reserveStock"]
        return Reservation(
            ok=answer["ok"],
            lines=tuple(_priced(line) for line in answer["lines"]),
            shortages=tuple(
                Shortage(UUID(item["productId"]), item["requested"], item["available"]) for item in answer["shortages"]
            ),
        )

    async def commit_reservation(self, order_id: UUID) -> bool:
        """Turn the hold into a sale; False when there is no live hold."""
        data = await self._execute("product", _COMMIT, {"orderId": str(order_id)})
        return bool(data["commitReservation"]["ok"])

    async def release_reservation(self, order_id: UUID, reason: str) -> None:
        """Give the held units back; releasing nothing is fine."""
        await self._execute("product", _RELEASE, {"orderId": str(order_id), "reason": reason})

    async def address(self, user_id: UUID, address_id: str) -> Mapping[str, Any] | None:
        """A copy of the user's stored address, None when the user has no such address."""
        data = await self._execute("user", _ADDRESS, {"userId": str(user_id), "addressId": address_id})
        snapshot: Mapping[str, Any] | None = data["addressSnapshot"]
        return snapshot

    async def authorize(
        self, order_id: UUID, user_id: UUID, amount: Decimal, currency: str, source: PaymentSource, key: str
    ) -> PaymentOutcome:
        """Hold the amount; the same key never holds it twice."""
        variables = {
            "orderId": str(order_id),
            "userId": str(user_id),
            "amount": str(amount),
            "currency": currency,
            "methodId": source.method_id,
            "token": source.token,
            "key": key,
        }
        return _outcome((await self._execute("payment", _AUTHORIZE, variables))["authorizePayment"])

    async def capture(self, order_id: UUID, key: str) -> PaymentOutcome:
        """Take the held amount."""
        data = await self._execute("payment", _CAPTURE, {"orderId": str(order_id), "key": key})
        return _outcome(data["captureForOrder"])

    async def void(self, order_id: UUID, key: str) -> PaymentOutcome:
        """Let the held amount go, give back what was taken, accept none any more."""
        data = await self._execute("payment", _VOID, {"orderId": str(order_id), "key": key})
        return _outcome(data["voidForOrder"])

    async def _execute(self, peer: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        client = self.clients.get(peer)
        if client is None:
            raise Unavailable(f"No address of the {peer} service is configured.")
        if self.before_call is not None:
            await self.before_call()
        return await client.execute(query, variables, traceparent=self.traceparent)


def _priced(line: Mapping[str, Any]) -> PricedLine:
    return PricedLine(
        product_id=UUID(line["productId"]),
        sku=line["sku"],
        name=line["name"],
        quantity=line["quantity"],
        unit_price=Decimal(line["unitPrice"]["amount"]),
        currency=line["unitPrice"]["currency"],
    )


def _outcome(answer: Mapping[str, Any]) -> PaymentOutcome:
    return PaymentOutcome(answer["state"], answer["paymentId"], answer["declineCode"], answer["nextActionUrl"])


def check_lease(settings: RoomSettings, lease_seconds: float) -> None:
    """Raises SettingsError unless a saga's lease, renewed before each call to a sibling, outlasts the call.

    Otherwise a slow sibling makes a second worker take a saga over that the first is still working on.
    """
    if lease_seconds < settings.peer_timeout + LEASE_SLACK_SECONDS:
        raise SettingsError(
            "ORDER_STOA_PEER_TIMEOUT (or STOA_PEER_TIMEOUT) must be at most "
            f"{lease_seconds - LEASE_SLACK_SECONDS:g} seconds, not {settings.peer_timeout:g}: "
            f"a checkout's lease of {lease_seconds:g} seconds outlasts a call."
        )


def hold_seconds(settings: RoomSettings) -> int:
    """``ORDER_HOLD_SECONDS``: how long goods are set aside for a payment; raises SettingsError when it is no number."""
    value = settings.variable("HOLD_SECONDS", str(RESERVATION_SECONDS)) or ""
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise SettingsError(f"ORDER_HOLD_SECONDS is a number of seconds, not {value!r}.")
    return int(value)
