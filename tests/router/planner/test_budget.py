"""Operations made to explode are planned within the limits or refused with a typed error."""

from __future__ import annotations

import pytest
from graphql import parse

from router.planner import Limits, Planner, PlanningBudgetError, UnsatisfiableError
from router.query_plan.nodes import fetches
from tests.router.planner.conftest import MakePlan, read
from tests.router.planner.explosive import EXAMPLES

REFUSED = {
    "fragments on 50 implementations, three deep",
    "a fragment that doubles 25 times",
    "a field under four hundred conditions",
    "a field under pairs of conditions",
    "three hundred deferred fragments",  # a request for each object and fragment: 601
    "two thousand mutations",
}

IMPLEMENTATIONS = " ".join(
    f'type T{index} implements I @key(fields: "id") {{ id: ID! a: Int self: I }}' for index in range(30)
)
WIDE = {
    "a": "type Query { i: [I] } interface I { id: ID! a: Int self: I } " + IMPLEMENTATIONS,
    "b": " ".join(f'type T{index} @key(fields: "id") {{ id: ID! b{index}: Int }}' for index in range(30)),
}
SHARED = {
    f"g{graph}": f"""
        type Query {{ r: V @shareable }}
        type V @shareable {{ {" ".join(f"f{index}: V x{index}: Int" for index in range(4))} own{graph}: Int }}
    """
    for graph in range(6)
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_explosive_operations_are_planned_within_the_limits_or_refused(name: str) -> None:
    make, operation = EXAMPLES[name]
    planner = Planner(make())
    if name in REFUSED:
        with pytest.raises(PlanningBudgetError) as caught:
            planner.explain(parse(operation))
        assert caught.value.code == "QUERY_PLAN_COMPLEXITY_EXCEEDED"
    else:
        report = planner.explain(parse(operation))
        assert report.moves <= planner.limits.moves
        assert report.selections <= planner.limits.selections


def test_many_aliases_need_few_requests() -> None:
    planner = Planner(read(WIDE))
    aliases = " ".join(f"a{index}: i {{ ... on T0 {{ b0 }} }}" for index in range(300))
    report = planner.explain(parse(f"{{ {aliases} }}"))
    assert report.plans == 1
    assert report.moves < 300 * 10


def test_fragments_on_every_implementation_share_one_fetch() -> None:
    planner = Planner(read(WIDE))
    fragments = " ".join(f"... on T{index} {{ b{index} self {{ id }} }}" for index in range(30))
    report = planner.explain(parse(f"{{ i {{ {fragments} }} }}"))
    assert report.plans == 1
    assert report.moves < 5_000


def test_comparing_ends() -> None:
    planner = Planner(read(SHARED))
    selection = "x0 own0 own3"
    for _ in range(4):
        selection = f"f0 {{ {selection} }} f1 {{ {selection} }} x1"
    report = planner.explain(parse(f"{{ r {{ {selection} }} }}"))
    assert report.moves < planner.limits.comparing + planner.limits.moves
    assert report.plans <= planner.limits.plans


def test_fragment_bomb_is_refused() -> None:
    fragments = " ".join(
        f"fragment F{index} on I {{ x: self {{ ...F{index + 1} }} y: self {{ ...F{index + 1} }} }}"
        for index in range(25)
    )
    document = parse(f"{{ i {{ ...F0 }} }} {fragments} fragment F25 on I {{ a }}")
    with pytest.raises(PlanningBudgetError, match="selections") as caught:
        Planner(read(WIDE)).plan(document)
    assert caught.value.code == "QUERY_PLAN_COMPLEXITY_EXCEEDED"


def test_depth_is_limited() -> None:
    fragments = " ".join(f"fragment F{index} on I {{ self {{ ...F{index + 1} }} }}" for index in range(300))
    planner = Planner(read(WIDE))
    with pytest.raises(PlanningBudgetError, match="deeper than 100"):
        planner.plan(parse(f"{{ i {{ ...F0 }} }} {fragments} fragment F300 on I {{ a }}"))
    assert planner.plan(parse("{ i " + "{ self " * 95 + "{ a }" + " }" * 95 + " }")).node is not None


def test_moves_are_limited() -> None:
    planner = Planner(read(WIDE), Limits(moves=5))
    with pytest.raises(PlanningBudgetError, match="more than 5 moves"):
        planner.plan(parse("{ i { id a ... on T1 { b1 } } }"))


def test_requests_of_one_plan_are_limited() -> None:
    one = 'type Query { a: Int } type Mutation { x: Int p: P } type P @key(fields: "id") { id: ID! }'
    two = 'type Mutation { y: Int } type P @key(fields: "id") { id: ID! b: Int }'
    planner = Planner(read({"one": one, "two": two}))

    def mutation(pairs: int) -> str:
        return "mutation { " + " ".join(f"a{n}: p {{ b }} b{n}: y" for n in range(pairs)) + " }"

    accepted = planner.plan(parse(mutation(166)))
    assert sum(1 for _ in fetches(accepted.node)) == 3 * 166
    with pytest.raises(PlanningBudgetError, match="takes 501 requests to subgraphs, more than 500") as caught:
        planner.plan(parse(mutation(167)))
    assert caught.value.code == "QUERY_PLAN_COMPLEXITY_EXCEEDED"
    to_one_subgraph = "mutation { " + " ".join(f"a{n}: x" for n in range(2_000)) + " }"
    assert sum(1 for _ in fetches(planner.plan(parse(to_one_subgraph)).node)) == 1


def test_a_field_that_no_subgraph_gives_for_every_type_is_refused(make_plan: MakePlan) -> None:
    subgraphs = {
        "a": """
            type Query { node: Node @shareable }
            interface Node { id: ID! }
            type Account implements Node @key(fields: "id") { id: ID! name: String }
            type Chat implements Node @key(fields: "id") { id: ID! @external account: Account! }
        """,
        "b": """
            type Query { node: Node @shareable }
            interface Node { id: ID! }
            type Account implements Node @key(fields: "id") { id: ID! @external chats: [Chat] }
            type Chat implements Node @key(fields: "id") { id: ID! text: String }
        """,
    }
    with pytest.raises(UnsatisfiableError, match=r"at node resolves Chat\.id") as caught:
        make_plan(subgraphs, "{ node { id } }")
    assert caught.value.code == "UNSATISFIABLE_QUERY"
