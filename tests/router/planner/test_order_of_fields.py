"""A skipped field takes no place: what decides where a field stands decides the plan (GraphQL spec, CollectFields)."""

from __future__ import annotations

from itertools import product

import pytest
from graphql import build_schema, execute_sync, parse

from router.executor import RequestContext, compile_plan
from router.planner import Planner
from router.query_plan.nodes import fetches
from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import read

SDL = "type Query { a: Int b: Int c: Int o: Query } type Mutation { a: Int b: Int c: Int }"
TWICE = "mutation ($p: Boolean!, $q: Boolean!) { a @skip(if: $q) b a }"


def planner() -> Planner:
    return Planner(read({"s": SDL}))


@pytest.mark.parametrize(
    "selections",
    [
        "a @skip(if: $q) b a",
        "a @skip(if: $q) b @include(if: $p) a b",
        "a @include(if: $p) ... @skip(if: $q) { b a } c a b",
        "...F @skip(if: $q) c ...F ... @include(if: $p) { c b }",
        "a @skip(if: $q) b a @include(if: $p) c a",
        "__typename @skip(if: $q) b __typename",
    ],
)
@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_keys_stand_as_in_one_schema(selections: str, kind: str) -> None:
    fragment = f"fragment F on {kind.title()} {{ a b }}" if "...F" in selections else ""
    text = f"{kind} ($p: Boolean!, $q: Boolean!) {{ {selections} }} {fragment}"
    document, schema = parse(text), build_schema(SDL)
    for p, q in product((False, True), repeat=2):
        variables = {"p": p, "q": q}
        plan = planner().plan(document, variables=variables)
        transports = {"s": Scripted(lambda request: {"data": dict.fromkeys(("a", "b", "c"), 1)})}
        given = await compile_plan(plan, schema).execute(RequestContext(transports, variables))
        true = execute_sync(schema, document, {"a": 1, "b": 1, "c": 1}, variable_values=variables).data
        assert given.data is not None
        assert true is not None
        assert list(given.data.items()) == list(true.items())


async def test_nested_fields_too() -> None:
    document = parse("query ($q: Boolean!) { o { a @skip(if: $q) b a } }")
    for q, order in ((False, ["a", "b"]), (True, ["b", "a"])):
        plan = planner().plan(document, variables={"q": q})
        answer = Scripted(lambda request: {"data": {"o": {"a": 1, "b": 1}}})
        given = await compile_plan(plan, build_schema(SDL)).execute(RequestContext({"s": answer}, {"q": q}))
        assert given.data is not None
        assert list(given.data["o"]) == order


@pytest.mark.parametrize(("skipped", "order"), [(False, ["a", "b"]), (True, ["b", "a"])])
def test_mutations_are_sent_in_this_order(skipped: bool, order: list[str]) -> None:
    plan = planner().plan(parse(TWICE), variables={"p": False, "q": skipped})
    (fetch,) = fetches(plan.node)
    assert [word for word in fetch.document.replace("{", " ").replace("}", " ").split() if word in "ab"] == order


def test_the_report_names_the_variables_that_decide() -> None:
    variables = {"p": True, "q": True}
    assert planner().explain(parse(TWICE), variables=variables).decided_by == ("q",)
    assert planner().explain(parse(TWICE)).decided_by == ()
    for text in (
        "query ($p: Boolean!, $q: Boolean!) { a @skip(if: $q) b c @include(if: $p) }",
        "query ($p: Boolean!, $q: Boolean!) { a b a @skip(if: $q) b @include(if: $p) }",
        "query ($p: Boolean!, $q: Boolean!) { a @skip(if: $q) a b @include(if: $p) }",
    ):
        assert planner().explain(parse(text), variables=variables).decided_by == ()
