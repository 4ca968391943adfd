"""What somebody may do to what is not theirs: each such mutation with its subject and its actor, done for real."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.local.secrets import Keys
from ops.seed.world import World
from subgraphs.auth.domain import SCOPES_BY_ROLE, Role
from subgraphs.kernel.identity import ServiceSigner
from tests.authorization.rules import Caller
from tests.subgraphs.payment.conftest import AUTHORIZE
from tests.supergraph.conftest import Client, Shop
from tests.supergraph.test_journey import _newcomer
from tests.supergraph.test_subscriptions import buy, place


@dataclass(slots=True)
class Scene:
    """A newcomer with an order, a payment and a review, made when first asked for; and staff."""

    shop: Shop
    _made: dict[str, Any] = field(default_factory=dict)

    def order(self) -> str:
        return str(self._once("order", lambda: buy(self.owner())[1]["id"]))

    def payment(self) -> str:
        asked = "query($id: ID!) { order(by: {id: $id}) { payment { id } } }"
        return str(self.owner().ask(asked, {"id": self.order()})["order"]["payment"]["id"])

    def held(self) -> str:
        """A payment whose money is held and not taken, as a checkout leaves it between two of its steps."""
        return str(self._once("held", self._hold))

    def review(self) -> str:
        return str(self._once("review", self._write_review))

    def user(self) -> str:
        return str(self._once("owner's id", lambda: self.owner().ask("{ me { id } }")["me"]["id"]))

    def product(self) -> dict[str, Any]:
        """One that nobody else meets."""
        mutation = "mutation($input: ProductInput!) { createProduct(input: $input) { product { id version } } }"
        admin = self.staff(Role.ADMIN)
        made = self._once(
            "product", lambda: admin.ask(mutation, {"input": new_product()})["createProduct"]["product"]["id"]
        )
        found: dict[str, Any] = admin.ask("query($id: ID!) { product(by: {id: $id}) { id version } }", {"id": made})
        return {**found["product"]}

    def owner(self) -> Client:
        client: Client = self._once("owner", lambda: _newcomer(self.shop)[0])
        return client

    def staff(self, role: Role) -> Client:
        """Somebody with the role; for a customer a stranger to the owner."""
        person = next(each for each in map(World().person, range(40)) if each.role == role.value)
        client: Client = self._once(role.value, lambda: self.shop.client().log_in(person.email))
        return client

    def _hold(self) -> str:
        """The card of an order is declined; then the payment room is asked as the order room asks it, by itself."""
        _, declined = place(self.owner(), "headphones", "tok_declined")
        order = declined["order"]
        asked = {
            "order": order["id"],
            "user": self.user(),
            "amount": order["total"]["amount"],
            "currency": order["total"]["currency"],
            "token": "tok_visa",
            "key": str(uuid.uuid4()),
        }
        signer = ServiceSigner.from_file("order", Keys(self.shop.data / "keys").private("order"))
        answer = httpx.post(
            f"{self.shop.room_url('payment')}/graphql",
            json={"query": AUTHORIZE, "variables": asked},
            headers={"authorization": signer.authorization()},
            timeout=30,
        )
        outcome = answer.json()["data"]["authorizePayment"]
        assert outcome["state"] == "AUTHORIZED"
        return str(outcome["paymentId"])

    def _write_review(self) -> str:
        found = self.owner().ask("{ products(first: 1) { nodes { id } } }")["products"]["nodes"][0]["id"]
        mutation = "mutation($i: ReviewInput!) { createReview(input: $i) { review { id } errors { code } } }"
        made = self.owner().ask(mutation, {"i": {"productId": found, "rating": 4, "comment": "Fine."}})["createReview"]
        assert made["errors"] == []
        return str(made["review"]["id"])

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


@dataclass(frozen=True, slots=True)
class Deed:
    """``role`` does it to what somebody else has; it may be done again and again if it is ``repeatable``."""

    role: Role
    variables: Callable[[Scene], Mapping[str, Any]]
    repeatable: bool = False

    @property
    def caller(self) -> Caller:
        return Caller(self.role.value, frozenset(SCOPES_BY_ROLE[self.role]))


def new_product() -> dict[str, Any]:
    return {"sku": f"AUTH-{uuid.uuid4().hex[:10].upper()}", "name": "A thing", "price": "5.00", "currency": "USD"}


def _moved(scene: Scene) -> dict[str, Any]:
    asked = "query($id: ID!) { order(by: {id: $id}) { version } }"
    version = scene.owner().ask(asked, {"id": scene.order()})["order"]["version"]
    return {"id": scene.order(), "to": "PROCESSING", "version": version}


def _refund(scene: Scene) -> dict[str, Any]:
    return {"paymentId": scene.payment(), "amount": "0.01", "reason": "test", "idempotencyKey": str(uuid.uuid4())}


def _capture(scene: Scene) -> dict[str, Any]:
    """Once, and then the first answer again."""
    return {"paymentId": scene.held(), "idempotencyKey": scene.held()}


def _stock(scene: Scene) -> dict[str, Any]:
    return {"productId": scene.product()["id"], "delta": 5, "reason": "found", "idempotencyKey": str(uuid.uuid4())}


DEEDS: dict[str, Deed] = {
    "transitionOrder": Deed(Role.FULFILMENT, _moved),
    "setTracking": Deed(Role.FULFILMENT, lambda scene: {"id": scene.order(), "trackingNumber": "T-1"}, repeatable=True),
    "capturePayment": Deed(Role.FINANCE, _capture, repeatable=True),
    "refundPayment": Deed(Role.FINANCE, _refund, repeatable=True),
    "cancelOrder": Deed(Role.FULFILMENT, lambda scene: {"id": scene.order(), "reason": "test"}),
    "voteReview": Deed(Role.CUSTOMER, lambda scene: {"id": scene.review(), "helpful": True}, repeatable=True),
    "moderateReview": Deed(
        Role.CATALOG_MANAGER, lambda scene: {"id": scene.review(), "status": "PUBLISHED"}, repeatable=True
    ),
    "deleteReview": Deed(Role.CATALOG_MANAGER, lambda scene: {"id": scene.review()}),
    "createProduct": Deed(Role.CATALOG_MANAGER, lambda _: {"input": new_product()}, repeatable=True),
    "updateProduct": Deed(
        Role.CATALOG_MANAGER, lambda scene: {**scene.product(), "input": new_product()}, repeatable=True
    ),
    "adjustStock": Deed(Role.FULFILMENT, _stock, repeatable=True),
    "archiveProduct": Deed(Role.CATALOG_MANAGER, lambda scene: {"id": scene.product()["id"]}, repeatable=True),
    "restoreProduct": Deed(Role.CATALOG_MANAGER, lambda scene: {"id": scene.product()["id"]}, repeatable=True),
    "setUserRole": Deed(Role.ADMIN, lambda scene: {"userId": scene.user(), "role": "SUPPORT"}, repeatable=True),
    "setUserActive": Deed(Role.ADMIN, lambda scene: {"userId": scene.user(), "active": False, "reason": "test"}),
}
"""In an order in which one does not stand in another's way."""

OWN = frozenset(
    {
        "register",
        "createGuestSession",
        "login",
        "refreshToken",
        "verifyEmail",
        "resetPassword",
        "changePassword",
        "confirmEmailChange",
        "markNotificationRead",
        "addToCart",
        "setCartLine",
        "clearCart",
        "mergeGuestCart",
        "checkout",
        "retryPayment",
        "reorder",
        "savePaymentMethod",
        "setDefaultPaymentMethod",
        "removePaymentMethod",
        "createReview",
        "updateReview",
        "updateProfile",
        "addAddress",
        "updateAddress",
        "removeAddress",
        "setDefaultAddress",
        "updatePreferences",
    }
)
"""Whoever does these has the object, or proves by a secret whose it is: it is refused to all others."""
