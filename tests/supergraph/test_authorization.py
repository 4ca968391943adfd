"""The stated rules hold through the router as well: hidden operations do not exist, and nobody gets past a scope."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from ops.seed.world import World
from subgraphs.auth.domain import SCOPES_BY_ROLE, Role
from subgraphs.kernel.settings import ROOMS
from tests.authorization.asking import call, denied, selection
from tests.authorization.rules import Caller, allows, rules_of
from tests.authorization.specimens import ARGUMENTS
from tests.supergraph.conftest import Client, Shop

API = Path(__file__).parents[2] / "schema" / "api.graphql"
NOBODY = "00000000-0000-4000-8000-000000000000"


@cache
def api() -> GraphQLSchema:
    return build_schema(API.read_text())


@pytest.fixture(scope="module")
def people(shop: Shop) -> dict[Caller, Client]:
    """One signed-in client for each role, and two without an account; none owns what is asked for."""
    found: dict[Caller, Client] = {}
    for index, role in enumerate((Role.CUSTOMER, *list(Role)[1:])):
        person = World().person(index)
        client = shop.client().log_in(person.email)
        found[_Asker(role.value, frozenset(SCOPES_BY_ROLE[role]))] = client
    guest = shop.client()
    session = guest.ask("mutation { createGuestSession { tokens { accessToken } } }")["createGuestSession"]
    guest.token = session["tokens"]["accessToken"]
    return {**found, _Asker("guest"): guest, _Asker("anonymous"): shop.client()}


class _Asker(Caller):
    """A caller that can be a key."""

    def __hash__(self) -> int:
        return hash(self.name)


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_root_fields_ask_for_what_is_stated(shop: Shop, people: dict[Caller, Client], root: str) -> None:
    wrong = []
    for coordinate, rule in sorted(rule for room in ROOMS for rule in rules_of(room).items()):
        type_name, _, name = coordinate.partition(".")
        if type_name != root or rule in ("public", "service") or coordinate == "Mutation.eraseAccount":
            continue
        field = api().type_map[root].fields[name]  # type: ignore[attr-defined]
        for caller, client in people.items():
            if allows(rule, caller) and root == "Mutation":
                continue  # what they may do is not done here
            if root == "Mutation":
                operation, variables = call(name, field)
            else:
                inner = f"{name}{ARGUMENTS.get(coordinate, '')}{selection(field)}"
                operation = f"query($id: ID!) {{ {inner} }}" if "$id" in inner else f"{{ {inner} }}"
                variables = {"id": NOBODY}
            answer = client.send(operation, variables)
            reached = not denied(answer)
            if reached != (allows(rule, caller) or (rule.startswith("owner") and caller.name != "anonymous")):
                wrong.append((coordinate, rule, caller.name, answer))
    assert wrong == []


def test_operations_between_services_do_not_exist(shop: Shop, people: dict[Caller, Client]) -> None:
    hidden = [key.partition(".")[2] for room in ROOMS for key, rule in rules_of(room).items() if rule == "service"]
    assert len(hidden) > 5
    names = {field for type_ in ("Query", "Mutation") for field in api().type_map[type_].fields}  # type: ignore[attr-defined]
    assert names.isdisjoint(hidden)
    admin = next(client for caller, client in people.items() if caller.name == Role.ADMIN.value)
    for name in hidden:
        answer = admin.send(f"mutation {{ {name} {{ __typename }} }}")
        assert "data" not in answer or answer["data"] is None
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        misspelt = admin.send(f"mutation {{ {name[:-1]} {{ __typename }} }}")
        assert name not in misspelt["errors"][0]["message"], "a suggestion gives it away"
    for name in ("_entities", "_service"):
        assert admin.send(f"{{ {name} {{ __typename }} }}")["errors"]


_ROADS = """
query($order: ID!, $payment: ID!, $user: ID!, $review: ID!) {
  order(by: {id: $order}) { buyer { email } shippingAddress { street } payment { id } }
  payment(id: $payment) { order { buyer { email } } amount { amount } }
  user(id: $user) { email firstName addresses { street } orders { totalCount } paymentMethods { lastFourDigits } }
  review(id: $review) { author { displayName } }
}
"""


def test_no_road_leads_a_stranger_to_somebody(shop: Shop) -> None:
    """User B walks every path to A (shop.md §7.9): nothing but what PublicProfile shows."""
    ada = shop.client().log_in(World().person(0).email)
    admin = shop.client().log_in(next(p for p in map(World().person, range(6)) if p.role == "admin").email)
    mine: dict[str, Any] = ada.ask(
        "{ me { id email firstName orders(first: 1) { nodes { id orderNumber payment { id } } }"
        " reviews(first: 1) { edges { node { id author { displayName } } } } addresses { street } } }"
    )["me"]
    order, [review] = mine["orders"]["nodes"][0], mine["reviews"]["edges"]
    keys = {"order": order["id"], "payment": order["payment"]["id"], "user": mine["id"], "review": review["node"]["id"]}
    assert admin.ask(_ROADS, keys)["order"]["buyer"]["email"] == mine["email"]

    guest = shop.client()
    session = guest.ask("mutation { createGuestSession { tokens { accessToken } } }")["createGuestSession"]
    guest.token = session["tokens"]["accessToken"]
    stranger = shop.client().log_in(next(p for p in map(World().person, range(6, 30)) if p.role == "user").email)
    for client in (stranger, guest, shop.client()):
        answer = client.send(_ROADS, keys)
        assert answer["data"] == {
            "order": None,
            "payment": None,
            "user": None,
            "review": {"author": {"displayName": review["node"]["author"]["displayName"]}},
        }
        private = {mine["email"], *(address["street"] for address in mine["addresses"])}
        assert not any(text in str(answer) for text in private)
        number = {"n": order["orderNumber"]}
        by_number = client.send("query($n: String!) { order(by: {orderNumber: $n}) { id } }", number)
        assert by_number["data"] == {"order": None}
