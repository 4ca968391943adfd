"""Plans of operations with ``@defer``: what waits, what is fetched later, and what is fetched once more."""

from __future__ import annotations

import pytest

from router.query_plan import plan_to_json, print_plan
from router.query_plan.nodes import QueryPlan, fetches
from tests.router.planner.conftest import AssertPlan, MakePlan

SUBGRAPHS = {
    "users": """
        type Query { me: User people: [Person!]! }
        interface Person { id: ID! }
        type User implements Person @key(fields: "id") {
          id: ID! name: String slow: String! address: Address friends: [User!]!
        }
        type Guest implements Person { id: ID! table: Int }
        type Address { city: String zip: String }
        type Mutation { rename(name: String!): User }
    """,
    "reviews": """
        type Query { news: String }
        type User @key(fields: "id") {
          id: ID! name: String @external
          reviews: [Review!]!
          greeting: String @requires(fields: "name")
        }
        type Review @key(fields: "id") { id: ID! text: String author: User }
    """,
}


def documents(plan: QueryPlan) -> list[list[str]]:
    """What is sent, part by part."""
    assert plan.defer is not None
    nodes = [plan.defer.primary, *[part.node for part in plan.defer.deferred]]
    return [[fetch.document for fetch in fetches(node)] for node in nodes]


def test_a_deferred_field_is_fetched_apart(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        '{ me { name ... @defer(label: "later") { reviews { text } } } }',
        """
        QueryPlan {
          Defer {
            Primary {
              Fetch(service: "users", id: 0) {
                {
                  me {
                    name
                    id
                  }
                }
              },
            },
            Deferred(depends: [0], path: "me", label: "later") {
              Flatten(path: "me") {
                Fetch(service: "reviews") {
                  {
                    ... on User {
                      __typename
                      id
                    }
                  } =>
                  {
                    ... on User {
                      reviews {
                        text
                      }
                    }
                  }
                },
              },
            },
          },
        }
        """,
    )


def test_nested_parts_stand_inside(make_plan: MakePlan) -> None:
    plan = make_plan(
        SUBGRAPHS,
        """query ($soon: Boolean!) {
          me { ... @defer(label: "a") { reviews { ... @defer(label: "b", if: $soon) { author { slow } } } } }
        }""",
    )
    lines = [line.strip(" {") for line in print_plan(plan).split("\n") if "efer" in line or "Primary" in line]
    assert lines == [
        "Defer",
        "Primary",
        'Deferred(depends: [0], path: "me", label: "a")',
        "Defer",
        "Primary",
        'Deferred(depends: [1], path: "me.reviews", label: "b", if: $soon)',
    ]


def test_the_subgraph_that_holds_the_object_is_asked_once_more(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name ... @defer { slow } } }")
    assert documents(plan) == [
        ["{me{name id}}"],
        ["query($representations:[_Any!]!){_entities(representations:$representations){...on User{slow}}}"],
    ]


def test_root_fields_are_asked_apart(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name } ... @defer { news } }")
    assert documents(plan) == [["{me{name}}"], ["{news}"]]
    assert plan.defer is not None
    assert plan.defer.deferred[0].depends == ()


def test_objects_without_a_key_come_whole(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { address { city ... @defer { zip } } } }")
    assert documents(plan) == [["{me{address{city zip}}}"], []]


def test_key_fields_are_not_fetched_twice(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name ... @defer { id } } }")
    assert documents(plan) == [["{me{name id}}"], []]


def test_what_is_selected_outside_too_is_not_deferred(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name slow ... @defer { slow friends { name } } friends { slow } } }")
    assert documents(plan)[0] == ["{me{name slow friends{slow id}}}"]
    assert [len(found) for found in documents(plan)] == [1, 1]


def test_two_fragments_share_what_both_select(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { ... @defer { slow name } ... @defer { slow greeting } } }")
    assert plan.defer is not None
    assert [part.usages for part in plan.defer.deferred] == [(0, 1), (0,), (1,)]
    assert all(part.depends == (0,) for part in plan.defer.deferred)


def test_requirements_of_a_deferred_field_come_first(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { ... @defer { greeting } } }")
    assert documents(plan)[0] == ["{me{name id}}"]
    assert "greeting" in documents(plan)[1][0]


def test_mutations_defer_below_their_root(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, 'mutation { a: rename(name: "x") { ... @defer { slow } } b: rename(name: "y") { id } }')
    assert [len(found) for found in documents(plan)] == [1, 1]


def test_types_part(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ people { id ... on User @defer { slow } ... on Guest @defer { table } } }")
    assert documents(plan)[0] == ["{people{__typename id ...on Guest{table}}}"]
    assert [len(found) for found in documents(plan)] == [1, 1, 0]


@pytest.mark.parametrize(
    "operation",
    [
        "{ me { ... @defer(if: false) { slow } } }",
        "{ me { slow } }",
        "{ me { ...F ...F @defer } } fragment F on User { slow }",
    ],
)
def test_nothing_is_deferred(make_plan: MakePlan, operation: str) -> None:
    plan = make_plan(SUBGRAPHS, operation)
    assert plan.defer is None or [len(found) for found in documents(plan)] == [1]


def test_both_plans_are_there(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name ... @defer { slow } } }")
    assert [fetch.document for fetch in fetches(plan.node)] == ["{me{name slow}}"]
    assert "Defer" not in print_plan(plan, inline=True)
    printed = plan_to_json(plan)
    assert printed["defer"]["usages"] == [{"label": None, "path": ["me"], "parent": None, "if": None}]
    assert [part["depends"] for part in printed["defer"]["deferred"]] == [[0]]
