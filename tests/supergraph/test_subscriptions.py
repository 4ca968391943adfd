"""Live updates through the whole shop, in both of its forms: real clients of every protocol, real mutations."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ops.rooms import ROOMS
from tests.supergraph.conftest import Client, Shop
from tests.supergraph.test_journey import _ADD_TO_CART, _ADDRESS, _CHECKOUT, _SEARCH, _newcomer

_ORDER_CHANGED = """
subscription Follow($id: ID) {
  orderStatusChanged(orderId: $id) {
    id status payment { status amount { amount } } items { quantity product { name } } notifications { title }
  }
}
"""
_NOTIFIED = "subscription { notificationReceived { category order { id orderNumber status } } }"
_STOCK = "subscription($ids: [ID!]!) { stockChanged(productIds: $ids) { id name availability { availableQuantity } } }"
_FOLLOWED = ("order", "product", "notification")
_MOVE = """
mutation Move($id: ID!, $to: OrderStatus!, $version: Int!) {
  transitionOrder(id: $id, to: $to, version: $version) { order { status version } errors { code message } }
}
"""


class Socket:
    """A graphql-transport-ws client."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, message: Any) -> None:
        self.connection.send(json.dumps(message))

    def hear(self, seconds: float = 30) -> Any:
        return json.loads(self.connection.recv(timeout=seconds))

    def subscribe(self, query: str, variables: Any = None, id_: str = "1") -> None:
        self.say({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables or {}}})

    def data(self) -> Any:
        message = self.hear()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]


@contextmanager
def socket(shop: Shop, token: str | None = None) -> Iterator[Socket]:
    url = shop.url.replace("http", "ws") + "/graphql"
    with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], close_timeout=1) as connection:
        opened = Socket(connection)
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        opened.say({"type": "connection_init", "payload": payload})
        assert opened.hear() == {"type": "connection_ack"}
        yield opened


def place(client: Client, text: str, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A product and the answer to its checkout with this means of payment."""
    edges = client.ask(_SEARCH, {"text": text})["search"]["edges"]
    product = next(edge["node"] for edge in edges if edge["node"]["availability"]["availableQuantity"] > 5)
    cart = client.ask(_ADD_TO_CART, {"id": product["id"], "quantity": 1})["addToCart"]["cart"]
    order_input = {
        "idempotencyKey": str(uuid.uuid4()),
        "cartVersion": cart["version"],
        "expectedTotal": cart["subtotal"]["amount"],
        "currency": cart["subtotal"]["currency"],
        "shippingAddress": {key: value for key, value in _ADDRESS.items() if key != "type"},
        "paymentToken": token,
    }
    return product, client.ask(_CHECKOUT, {"input": order_input})["checkout"]


def buy(client: Client, text: str = "headphones") -> tuple[dict[str, Any], dict[str, Any]]:
    """A product and the confirmed order of it."""
    product, payload = place(client, text, "tok_visa")
    assert payload["errors"] == []
    order: dict[str, Any] = payload["order"]
    return product, client.ask("query($id: ID!) { order(by: {id: $id}) { id version status } }", {"id": order["id"]})[
        "order"
    ] | {"total": order["total"]}


def metric(shop: Shop, name: str) -> float:
    return figure(shop.http.get("/metrics").text, name)


def figure(metrics: str, name: str) -> float:
    """A metric's value, summed over its labels."""
    lines = metrics.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))


def until(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def settle(shop: Shop, count: int) -> None:
    """Until so many subscriptions are open in the router, and the room of each tells it of what happens from now on."""
    until(lambda: followers(shop) == metric(shop, "router_subscriptions_open") >= count)


def followers(shop: Shop) -> float:
    """How many subscriptions hear events in the rooms that have any."""
    return sum(figure(room_metrics(shop, room), "stoa_subgraph_subscriptions_following") for room in _FOLLOWED)


def room_metrics(shop: Shop, room: str) -> str:
    """From the one process, or from the room's own, whose port follows the router's."""
    answer = shop.http.get(f"/metrics/{room}")
    if answer.status_code == 404:
        port = int(shop.url.rpartition(":")[2]) + 1 + ROOMS.index(room)
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    return answer.raise_for_status().text


def move(shop: Shop, order: dict[str, Any], status: str) -> None:
    staff = shop.client().log_in("admin@example.com")
    payload = staff.ask(_MOVE, {"id": order["id"], "to": status, "version": order["version"]})["transitionOrder"]
    assert payload["errors"] == []
    order["version"] = payload["order"]["version"]


def test_an_order_is_followed_with_what_four_subgraphs_know_of_it(shop: Shop) -> None:
    client, _ = _newcomer(shop)
    product, order = buy(client)
    fetches = "router_subgraph_request_duration_seconds_count"
    with socket(shop, client.token) as one:
        one.subscribe(_ORDER_CHANGED, {"id": order["id"]})
        settle(shop, 1)
        staff = shop.client().log_in("admin@example.com")
        for status in ("PROCESSING", "SHIPPED"):
            payload = staff.ask(_MOVE, {"id": order["id"], "to": status, "version": order["version"]})
            assert payload["transitionOrder"]["errors"] == []
            before = metric(shop, fetches)
            order["version"] = payload["transitionOrder"]["order"]["version"]
            changed = one.data()["orderStatusChanged"]
            assert (changed["id"], changed["status"]) == (order["id"], status)
            assert changed["payment"] == {"status": "COMPLETED", "amount": {"amount": order["total"]["amount"]}}
            assert changed["items"] == [{"quantity": 1, "product": {"name": product["name"]}}]
            assert changed["notifications"]
            assert metric(shop, fetches) - before <= 3
        one.say({"id": "1", "type": "complete"})
        until(lambda: metric(shop, "router_subscriptions_open") == 0)


def test_server_sent_events_and_multipart_tell_the_same(shop: Shop) -> None:
    client, _ = _newcomer(shop)
    _, order = buy(client)
    body = {
        "query": "subscription($id: ID) { orderStatusChanged(orderId: $id) { status } }",
        "variables": {"id": order["id"]},
    }
    headers = {"authorization": f"Bearer {client.token}"}
    with httpx.Client(base_url=shop.url, timeout=30) as http:
        for accept, status in (
            ("text/event-stream", "PROCESSING"),
            ("multipart/mixed;subscriptionSpec=1.0", "SHIPPED"),
        ):
            with http.stream("POST", "/graphql", json=body, headers={**headers, "accept": accept}) as response:
                assert response.status_code == 200
                settle(shop, 1)
                move(shop, order, status)
                text = ""
                for part in response.iter_text():
                    text += part
                    if status in text:
                        break
                assert f'{{"data":{{"orderStatusChanged":{{"status":"{status}"}}}}' in text
            until(lambda: metric(shop, "router_subscriptions_open") == 0)


def test_a_newcomer_hears_of_orders_notifications_and_stock(shop: Shop) -> None:
    client, _ = _newcomer(shop)
    edges = client.ask(_SEARCH, {"text": "mug"})["search"]["edges"]
    product = next(edge["node"] for edge in edges if edge["node"]["availability"]["availableQuantity"] > 5)
    with socket(shop, client.token) as mine, socket(shop) as anybodys:
        mine.subscribe(_ORDER_CHANGED, id_="orders")
        mine.subscribe(_NOTIFIED, id_="news")
        anybodys.subscribe(_STOCK, {"ids": [product["id"]]})
        settle(shop, 3)
        bought, order = buy(client, "mug")
        statuses: list[str] = []
        news: list[str] = []
        while statuses[-1:] != ["CONFIRMED"] or "order_update" not in news:
            message = mine.hear()
            assert "errors" not in message["payload"], message
            data = message["payload"]["data"]
            if message["id"] == "orders":
                assert data["orderStatusChanged"]["id"] == order["id"]
                statuses.append(data["orderStatusChanged"]["status"])
            else:
                news.append(data["notificationReceived"]["category"])
                told = data["notificationReceived"]["order"]
                assert told is None or told["id"] == order["id"]
        assert statuses in (["PENDING", "CONFIRMED"], ["CONFIRMED"])
        if bought["id"] == product["id"]:
            stock = anybodys.data()["stockChanged"]
            assert stock["id"] == product["id"]
            assert stock["availability"]["availableQuantity"] < product["availability"]["availableQuantity"]


def test_somebody_elses_order_is_refused(shop: Shop) -> None:
    owner, _ = _newcomer(shop)
    _, order = buy(owner)
    stranger, _ = _newcomer(shop)
    with socket(shop, stranger.token) as other, socket(shop) as nobody:
        other.subscribe(_ORDER_CHANGED, {"id": order["id"]})
        message = other.hear()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "NOT_FOUND")
        nobody.subscribe(_ORDER_CHANGED, {"id": order["id"]})
        message = nobody.hear()
        assert message["payload"]["data"] is None
        assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


@pytest.mark.parametrize("how", ["logout", "deactivation"])
def test_a_subscription_ends_with_its_session(shop: Shop, how: str) -> None:
    client, email = _newcomer(shop)
    with socket(shop, client.token) as mine:
        mine.subscribe(_ORDER_CHANGED)
        mine.subscribe(_NOTIFIED, id_="2")
        settle(shop, 2)
        if how == "logout":
            assert client.ask("mutation { logout { ok } }")["logout"] == {"ok": True}
        else:
            staff = shop.client().log_in("admin@example.com")
            found = staff.ask(
                "query($e: String!) { users(filter: {emailPrefix: $e}) { edges { node { id } } } }", {"e": email}
            )
            user = found["users"]["edges"][0]["node"]["id"]
            mutation = (
                'mutation($id: ID!) { setUserActive(userId: $id, active: false, reason: "x") { errors { code } } }'
            )
            assert staff.ask(mutation, {"id": user})["setUserActive"] == {"errors": []}
        ended = time.monotonic()
        codes = set()
        while len(codes) < 2:
            message = mine.hear()
            if message["type"] == "error":
                codes.add((message["id"], message["payload"][0]["extensions"]["code"]))
        assert codes == {("1", "UNAUTHENTICATED"), ("2", "UNAUTHENTICATED")}
        assert time.monotonic() - ended < 10  # half a second, on a machine that has nothing else to do
        mine.subscribe("{ me { id } }", id_="3")
        assert mine.hear()["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    with pytest.raises(ConnectionClosed) as closed, socket(shop, client.token):
        pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


def test_two_hundred_follow_one_product(shop: Shop) -> None:
    staff = shop.client().log_in("admin@example.com")
    edges = staff.ask(_SEARCH, {"text": "lantern"})["search"]["edges"]
    product = edges[-1]["node"]
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket(shop)) for _ in range(4)]
        for each in sockets:
            for number in range(50):
                each.subscribe(_STOCK, {"ids": [product["id"]]}, id_=str(number))
        settle(shop, 200)
        adjust = """mutation($id: ID!, $key: ID!) { adjustStock(productId: $id, delta: 1, reason: "count",
          idempotencyKey: $key) { product { availability { availableQuantity } } errors { code } } }"""
        payload = staff.ask(adjust, {"id": product["id"], "key": str(uuid.uuid4())})["adjustStock"]
        assert payload["errors"] == []
        told = {"id": product["id"], "availability": payload["product"]["availability"]}
        for each in sockets:
            waiting = {str(number) for number in range(50)}
            while waiting:
                message = each.hear(60)
                assert message["type"] == "next", message
                changed = message["payload"]["data"]["stockChanged"]
                assert {name: changed[name] for name in told} == told
                waiting.remove(message["id"])
    until(lambda: metric(shop, "router_subscriptions_open") == 0)


def test_what_a_room_measures_is_all_that_its_path_in_the_one_process_answers(shop: Shop) -> None:
    assert "stoa_subgraph_requests_total" in room_metrics(shop, "order")
    body = {"query": "{ __typename }"}
    for path in ("/metrics/order", "/metrics/order/graphql", "/metrics/nobody"):
        assert shop.http.post(path, json=body).status_code in (404, 405)
    assert shop.http.get("/metrics/order/graphql").status_code == 404
