"""The stated rules hold through the router as well: hidden operations do not exist, and nobody gets past a scope."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

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


PERSONS = {"OrderFilter": ("userId",), "PaymentFilter": ("userId",), "UserFilter": ("emailPrefix",)}
"""What names a person in the filters."""


def test_a_filter_is_no_way_to_somebody_else(shop: Shop, people: dict[Caller, Client]) -> None:
    """Whoever names a person in a filter reads no more than without it: nothing, or what is their own."""
    persons = (person for person in map(World().person, range(6, 40)) if person.role == "user")
    asked = "{ me { id email orders(first: 1) { nodes { payment { id } } } } }"
    mine = next(
        me for person in persons if (me := shop.client().log_in(person.email).ask(asked)["me"])["orders"]["nodes"]
    )
    assert mine["orders"]["nodes"][0]["payment"]
    filters = {name for name, type_ in api().type_map.items() if name.endswith("Filter") and _names_ids(type_)}
    assert filters <= set(PERSONS) | {"ProductFilter", "SpecFilter"}, "say what names a person in it"
    tried = 0
    for coordinate, field in _filtered(set(PERSONS)):
        type_ = str(get_named_type(field.args["filter"].type))
        for name in PERSONS[type_]:
            holder, _, listed = coordinate.partition(".")
            inner = f"{listed}(filter: $filter) {{ totalCount edges {{ node {{ id }} }} }}"
            operation = f"query($filter: {type_}) {{ {f'me {{ {inner} }}' if holder == 'User' else inner} }}"
            given = {"filter": {name: mine["email"] if name == "emailPrefix" else mine["id"]}}
            for caller, client in people.items():
                answer = client.send(operation, given)
                found = answer.get("data") or {}
                found = (found.get("me") or {}) if holder == "User" else found
                page, tried = found.get(listed), tried + 1
                if holder == "Query":
                    [rule] = [rules_of(room)[coordinate] for room in ROOMS if coordinate in rules_of(room)]
                    assert bool(page and page["totalCount"]) == allows(rule, caller), (coordinate, caller.name, answer)
                else:
                    assert not (page and page["totalCount"]), (coordinate, caller.name, answer)
    assert tried >= 3 * len(people)


def _filtered(filters: set[str]) -> list[tuple[str, Any]]:
    """Every field of the API that takes one of the filters; people are asked for themselves."""
    found = [
        (f"{name}.{field_name}", field)
        for name, type_ in api().type_map.items()
        if isinstance(type_, GraphQLObjectType)
        for field_name, field in type_.fields.items()
        if "filter" in field.args and get_named_type(field.args["filter"].type).name in filters
    ]
    assert {coordinate.partition(".")[0] for coordinate, _ in found} <= {"Query", "User"}
    return found


def _names_ids(type_: Any) -> bool:
    named = [get_named_type(each.type).name for each in getattr(type_, "fields", {}).values()]
    return "ID" in named or "String" in named


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
