"""Who may follow an order through the router, and what each event tells whom: the rules of the rooms hold (§8)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import uuid4

from ops.seed.world import World
from subgraphs.auth.domain import SCOPES_BY_ROLE, Role
from tests.authorization.rules import Caller, allows, rules_of
from tests.supergraph.conftest import Shop
from tests.supergraph.test_journey import _newcomer
from tests.supergraph.test_subscriptions import Socket, buy, move, settle, socket, until

_FOLLOW = """
subscription($id: ID!) {
  orderStatusChanged(orderId: $id) { status buyer { email } payment { status transactionId } }
}
"""
_TOLD = {
    ("status",): [("order", "Order.status")],
    ("buyer", "email"): [("order", "Order.buyer"), ("auth", "User.email")],
    ("payment", "status"): [("payment", "Order.payment"), ("payment", "Payment.status")],
    ("payment", "transactionId"): [("payment", "Order.payment"), ("payment", "Payment.transactionId")],
}
"""Where the event holds what, and the rules on the way there."""
_REFUSED = {"UNAUTHENTICATED", "UNAUTHORIZED_FIELD_OR_TYPE", "FORBIDDEN", "NOT_FOUND"}


def _callers(shop: Shop) -> list[tuple[Caller, str | None]]:
    """Everybody but the buyer, with their tokens."""
    found: list[tuple[Caller, str | None]] = [(Caller("anonymous"), None)]
    found.append((Caller("guest"), _guest(shop)))
    for role in Role:
        person = next(each for each in map(World().person, range(40)) if each.role == role.value)
        token = shop.client().log_in(person.email).token
        found.append((Caller(role.value, frozenset(SCOPES_BY_ROLE[role])), token))
    return found


def _may_read(caller: Caller) -> bool:
    return allows(rules_of("order")["Order.status"], caller)


def test_who_follows_an_order_and_what_its_events_tell(shop: Shop) -> None:
    client, _ = _newcomer(shop)
    _, order = buy(client)
    everybody = [(Caller("owner"), client.token), *_callers(shop)]
    assert {_may_read(caller) for caller, _ in everybody} == {True, False}
    with ExitStack() as stack:
        heard: list[tuple[Caller, Socket]] = []
        for caller, token in everybody:
            opened = stack.enter_context(socket(shop, token))
            opened.subscribe(_FOLLOW, {"id": order["id"]})
            if _may_read(caller):
                heard.append((caller, opened))
                continue
            assert _is_refused(answer := opened.hear()), (caller.name, answer)
        settle(shop, len(heard))
        for status in ("PROCESSING", "SHIPPED"):
            move(shop, order, status)
            for caller, opened in heard:
                event = opened.hear()
                assert event["type"] == "next", (caller.name, event)
                told = event["payload"]["data"]["orderStatusChanged"]
                assert told["status"] == status
                for place, rules in _TOLD.items():
                    allowed = all(allows(rules_of(room)[coordinate], caller) for room, coordinate in rules)
                    assert (_at(told, place) is not None) == allowed, (caller.name, place, event)


def _is_refused(message: dict[str, Any]) -> bool:
    """By the room, which ends it, or by the router, which answers one event without data in place of it."""
    payload = message["payload"]
    errors = payload if message["type"] == "error" else payload.get("errors", [])
    codes = {error["extensions"]["code"] for error in errors}
    return bool(codes) and codes <= _REFUSED and (message["type"] == "error" or payload["data"] is None)


def _at(value: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        value = None if value is None else value[key]
    return value


_STOCKED = """
subscription($id: ID!) {
  stockChanged(productIds: [$id]) { name stock { onHand } unitsSold availability { inStock } }
}
"""
_ADJUST = """
mutation($id: ID!, $key: ID!) {
  adjustStock(productId: $id, delta: 1, reason: "found", idempotencyKey: $key) { errors { code } }
}
"""
_STOCK_RULES = {
    ("name",): ("product", "Product.name"),
    ("stock",): ("product", "Product.stock"),
    ("unitsSold",): ("order", "Product.unitsSold"),
    ("availability",): ("product", "Product.availability"),
}


def test_what_everybody_is_told_of_stock(shop: Shop) -> None:
    """Anybody may follow a product; what staff know of it stays theirs, at every event."""
    admin = shop.client().log_in("admin@example.com")
    product = admin.ask("{ products(first: 1, sort: NAME) { nodes { id } } }")["products"]["nodes"][0]["id"]
    with ExitStack() as stack:
        heard = []
        for caller, token in _callers(shop):
            opened = stack.enter_context(socket(shop, token))
            opened.subscribe(_STOCKED, {"id": product})
            heard.append((caller, opened))
        settle(shop, len(heard))
        for _ in range(2):
            key = str(uuid4())
            assert admin.ask(_ADJUST, {"id": product, "key": key})["adjustStock"]["errors"] == []
            for caller, opened in heard:
                event = opened.hear()
                told = event["payload"]["data"]["stockChanged"]
                for place, (room, coordinate) in _STOCK_RULES.items():
                    allowed = allows(rules_of(room)[coordinate], caller)
                    assert (_at(told, place) is not None) == allowed, (caller.name, place, event)


def test_nobody_is_told_what_another_is_notified_of(shop: Shop) -> None:
    """Staff who may read inboxes follow their own, too. One's own news comes later: the other's was left out."""
    people = [(caller, token) for caller, token in _callers(shop) if caller.name not in ("anonymous", "guest")]
    buyer, _ = _newcomer(shop)
    with ExitStack() as stack:
        heard = []
        for caller, token in people:
            opened = stack.enter_context(socket(shop, token))
            opened.subscribe("subscription { notificationReceived { id order { id } } }")
            heard.append((caller, token, opened))
        settle(shop, len(heard))
        _, foreign = buy(buyer)
        until(lambda: buyer.ask("{ me { unreadNotificationCount } }")["me"]["unreadNotificationCount"])
        for caller, token, opened in heard:
            client = shop.client()
            client.token = token
            client.ask("mutation { clearCart { errors { code } } }")
            _, own = buy(client)
            event = opened.data()["notificationReceived"]
            assert event["order"]["id"] == own["id"] != foreign["id"], (caller.name, event)


def _guest(shop: Shop) -> str:
    session = shop.client().ask("mutation { createGuestSession { tokens { accessToken } } }")["createGuestSession"]
    return str(session["tokens"]["accessToken"])


def test_an_inbox_is_followed_by_somebody(shop: Shop) -> None:
    """Everybody hears of their own alone, so nobody in particular is refused."""
    with socket(shop) as opened:
        opened.subscribe("subscription { notificationReceived { id } }")
        assert _is_refused(answer := opened.hear()), answer
