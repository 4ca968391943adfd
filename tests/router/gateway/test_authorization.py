"""``@authenticated``, ``@requiresScopes``, ``@policy``: null and an error for what is denied, data for the rest."""

from __future__ import annotations

from typing import Any

import pytest

from router.gateway.authorization import PolicyHook, restrictions_of, unauthorized
from router.gateway.config import IdentityConfig
from router.gateway.identity import ANONYMOUS, Caller
from router.supergraph import Supergraph
from tests.router.gateway.test_identity import ask, key_file, token
from tests.router.gateway.village import SUPERGRAPH

__all__ = ["key_file"]

SUPERGRAPH_MODEL = Supergraph.from_sdl(SUPERGRAPH)
SALARY = ("Person", "salary")


def denied(query: str, caller: Caller, grants: PolicyHook | None = None) -> set[tuple[str, str]]:
    from graphql import parse

    found = restrictions_of(SUPERGRAPH_MODEL.api_schema, parse(query), SUPERGRAPH_MODEL.authorization)
    return set(unauthorized(found, caller) if grants is None else unauthorized(found, caller, grants))


def someone(*scopes: str) -> Caller:
    return Caller("u-1", scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (ANONYMOUS, {("Person", "email"), SALARY, ("Person", "diary")}),
        (someone(), {SALARY, ("Person", "diary")}),
        (someone("salaries:read"), {SALARY, ("Person", "diary")}),
        (someone("salaries:read", "people:read"), {("Person", "diary")}),
        (someone("admin"), {("Person", "diary")}),
    ],
)
def test_scopes_are_alternatives_of_sets(caller: Caller, expected: set[tuple[str, str]]) -> None:
    assert denied("{ person(id: 1) { name email salary diary } }", caller) == expected


def test_only_selected_fields_count_wherever_they_stand() -> None:
    assert denied("{ person(id: 1) { name } }", ANONYMOUS) == set()
    assert denied("{ person(id: 1) { friend { ...F } } } fragment F on Person { s: salary }", ANONYMOUS) == {SALARY}


def test_a_type_restricts_the_fields_that_return_it_and_its_own() -> None:
    assert denied("{ vault { gold } }", ANONYMOUS) == {("Query", "vault"), ("Vault", "gold")}
    assert denied("{ vault { gold } }", someone()) == set()


def test_a_policy_is_denied_unless_a_hook_grants_it() -> None:
    query = "{ person(id: 1) { diary } }"
    assert denied(query, someone("admin")) == {("Person", "diary")}
    assert denied(query, someone(), lambda policy, caller: policy == "friend" and caller.subject == "u-1") == set()


async def test_denied_fields_are_null_and_never_fetched(client: Any, village: Any) -> None:
    answer = await client.ask("{ a: person(id: 1) { name email friend { salary } } }")
    assert answer["data"] == {"a": {"name": "Ada", "email": None, "friend": {"salary": None}}}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["a", "email"], "UNAUTHORIZED_FIELD_OR_TYPE"),
        (["a", "friend", "salary"], "UNAUTHORIZED_FIELD_OR_TYPE"),
    ]
    (request,) = village.people.requests
    assert "email" not in request["query"]
    assert "salary" not in request["query"]


async def test_nothing_left_is_still_200_and_asks_nobody(client: Any, village: Any) -> None:
    response = await ask(client, "{ vault { gold } }", None)
    assert response.status_code == 200
    assert response.json()["data"] == {"vault": None}
    assert village.asked == 0


async def test_a_denied_mutation_is_not_carried_out(client: Any, village: Any) -> None:
    answer = await client.ask("mutation { erase(id: 1) }")
    assert answer["data"] == {"erase": None}
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert village.asked == 0


async def test_callers_do_not_see_each_others_plans(serve: Any, key_file: Any) -> None:
    query = "{ person(id: 1) { name email salary } }"
    async with serve(identity=IdentityConfig("issuer", "shop", jwks_file=key_file)) as client:
        for authorization, expected in (
            (None, {"name": "Ada", "email": None, "salary": None}),
            (f"Bearer {token()}", {"name": "Ada", "email": "ada@example.org", "salary": 1000}),
            (f"Bearer {token(scopes=[])}", {"name": "Ada", "email": "ada@example.org", "salary": None}),
            (None, {"name": "Ada", "email": None, "salary": None}),
        ):
            assert (await ask(client, query, authorization)).json()["data"] == {"person": expected}


async def test_a_hook_grants_policies(serve: Any) -> None:
    async with serve(grants=lambda policy, caller: True) as client:
        assert (await client.ask("{ person(id: 1) { diary } }"))["data"] == {"person": {"diary": "Dear diary"}}
