"""Fields under conditions of their own that share a key, a requirement or a type condition with others."""

from __future__ import annotations

import pytest

from router.query_plan import print_plan
from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, MakePlan, ask

OWNER = """
    type Query { bees: [Bee] }
    interface Kin @key(fields: "id") { id: ID! size: Int }
    type Ant implements Kin @key(fields: "id") { id: ID! size: Int }
    type Bee implements Kin @key(fields: "id") { id: ID! size: Int }
"""
STAND_IN = """
    type Query { kin: [Kin] }
    type Kin @key(fields: "id") @interfaceObject {
      id: ID!
      size: Int @external
      label: String @requires(fields: "size")
    }
"""


async def test_a_selection_that_is_never_included_leaves_the_object() -> None:
    operation = "{ bees { ... on Bee @skip(if: true) { size } } }"
    response = await ask({"owner": OWNER}, operation, owner={"data": {"bees": [{"__typename": "Bee"}]}})
    assert response.errors == []
    assert response.data == {"bees": [{}]}


def test_a_selection_that_is_never_included_asks_for_the_typename(assert_plan: AssertPlan) -> None:
    assert_plan(
        {"owner": OWNER},
        "{ bees { ... on Bee @skip(if: true) { size } } }",
        """
        QueryPlan {
          Fetch(service: "owner") {
            {
              bees {
                __typename
              }
            }
          },
        }
        """,
    )


def test_the_key_of_a_conditional_field_serves_the_others(make_plan: MakePlan) -> None:
    subgraphs = {
        "root": 'type Query { bee: Bee } type Bee @key(fields: "id") { id: ID! }',
        "owner": """
            interface Kin @key(fields: "id") { id: ID! }
            type Bee implements Kin @key(fields: "id") { id: ID! wings: Int }
        """,
        "stand": 'type Kin @key(fields: "id") @interfaceObject { id: ID! peers: [Kin] }',
    }
    plan = make_plan(subgraphs, "query($q: Boolean!) { bee { peers @include(if: $q) { __typename } } bee { wings } }")
    text = " ".join(print_plan(plan).split())
    assert text.startswith('QueryPlan { Sequence { Fetch(service: "root") { { bee { id } } }')


async def test_what_one_type_requires_is_fetched_when_the_field_is_asked_for_all() -> None:
    sent: list[object] = []

    def stand(request: object) -> object:
        text = str(request)
        sent.append(request)
        if "representations" not in text:
            return {"data": {"kin": [{"id": "1"}, {"id": "2"}]}}
        return {"data": {"_entities": [{"label": "a"}, {"label": "b"}]}}

    owned = [{"__typename": "Ant", "size": 1}, {"__typename": "Bee", "size": 2}]
    response = await ask(
        {"owner": OWNER, "stand": STAND_IN},
        "query($p: Boolean!) { kin { ... on Ant { label } label @skip(if: $p) } }",
        {"p": True},
        owner={"data": {"_entities": owned}},
        stand=stand,
    )
    assert response.errors == []
    assert response.data == {"kin": [{"label": "a"}, {}]}
    assert [one["size"] for one in sent[-1]["variables"]["representations"]] == [1, 2]  # type: ignore[index]


async def test_objects_of_every_type_are_sent_after_their_types_were_learnt() -> None:
    sent: list[object] = []

    def stand(request: object) -> object:
        sent.append(request)
        if "representations" not in str(request):
            return {"data": {"kin": [{"id": "1"}, {"id": "2"}]}}
        return {"data": {"_entities": [{"x": "a", "label": "a"}, {"x": "b", "label": "b"}]}}

    owned = [{"__typename": "Ant", "size": 1}, {"__typename": "Bee", "size": 2}]
    response = await ask(
        {"owner": OWNER, "stand": STAND_IN},
        "{ kin { x: label ... on Bee { label } } }",
        owner={"data": {"_entities": owned}},
        stand=stand,
    )
    assert response.errors == []
    assert response.data == {"kin": [{"x": "a"}, {"x": "b", "label": "b"}]}


def test_a_subgraph_is_entered_by_a_key_that_is_known_without_it(make_plan: MakePlan) -> None:
    subgraphs = {
        "s1": """
            type Query { ant: Ant }
            type Ant @key(fields: "id") @key(fields: "code") {
              id: ID!
              code: String!
              legs: Int @external
              steps: Int @requires(fields: "legs")
              next: Ant @shareable
            }
        """,
        "s2": 'type Ant @key(fields: "code") { code: String! legs: Int next: Ant @shareable }',
    }
    plan = print_plan(make_plan(subgraphs, "{ ant { next { steps next { legs } legs } } }"))
    assert plan.count("Fetch(") == 3
    assert "steps" in plan


def test_keys_of_each_type_are_there_whenever_one_of_its_fields_is(make_plan: MakePlan) -> None:
    """Another type's field may make the entity fetch certain while this type's first field is skipped."""
    subgraphs = {
        "roots": """
            type Query { pet: Pet }
            interface Pet { name: String }
            type Ant implements Pet @key(fields: "code") { code: ID! name: String }
            type Bee implements Pet @key(fields: "id", resolvable: false) { id: ID! name: String }
        """,
        "rest": """
            type Ant @key(fields: "code") { code: ID! hue: String legs: Int }
            type Bee @key(fields: "id") { id: ID! wings: Int }
        """,
    }
    plan = print_plan(
        make_plan(
            subgraphs, "query ($q: Boolean!) { pet { ... on Bee { wings } ... on Ant { hue @skip(if: $q) legs } } }"
        )
    )
    assert "code @" not in plan
    assert "... on Ant {\n            code\n" in plan


THROUGH_ANOTHER = {
    "list": """
        type Query { bees: [Bee] }
        type Bee @key(fields: "mate { id }") { mate: Ant! }
        type Ant @key(fields: "id") { id: ID! }
    """,
    "tags": """
        type Bee @key(fields: "mate { id }") { mate: Ant! tag: String }
        type Ant @key(fields: "id") { id: ID! }
    """,
    "sizes": """
        type Ant @key(fields: "id") { id: ID! size: Int }
    """,
}


@pytest.mark.parametrize("order", ["mate @skip(if: $p) { size } tag", "tag mate @skip(if: $p) { size }"])
async def test_a_skipped_object_that_a_key_needs_is_not_asked_for(order: str) -> None:
    """It is fetched for the key; what the client selected below it is not."""
    operation = f"query ($p: Boolean!) {{ bees {{ {order} }} }}"
    for skipped in (True, False):
        sizes = Scripted({"data": {"_entities": [{"size": 6}]}})
        response = await ask(
            THROUGH_ANOTHER,
            operation,
            {"p": skipped},
            list={"data": {"bees": [{"mate": {"id": "1"}}]}},
            tags={"data": {"_entities": [{"tag": "a"}]}},
            sizes=sizes,
        )
        assert response.errors == []
        assert response.data == {"bees": [{"tag": "a"} if skipped else {"mate": {"size": 6}, "tag": "a"}]}
        assert len(sizes.requests) == (0 if skipped else 1)


async def test_objects_are_not_sent_for_a_type_whose_field_is_skipped() -> None:
    """A subgraph that does not tell types apart brings the field of all when it is wanted of some."""
    subgraphs = {
        "owner": OWNER,
        "stand": """
            type Query { kin: [Kin] }
            type Kin @key(fields: "id") @interfaceObject { id: ID! home: Home }
            type Home @key(fields: "id") { id: ID! }
        """,
        "homes": 'type Home @key(fields: "id") { id: ID! name: String }',
    }
    operation = """
        query($q: Boolean!) { kin { ... on Ant { home { name } } ... on Bee { home @skip(if: $q) { name } } } }
    """
    kin = [{"id": "1", "home": {"id": "of ant"}}, {"id": "2", "home": {"id": "of bee"}}]
    down = {"errors": [{"message": "down"}]}
    for skipped, sent in ((True, ["of ant"]), (False, ["of ant", "of bee"])):
        homes = Scripted(down)
        response = await ask(
            subgraphs,
            operation,
            {"q": skipped},
            owner={"data": {"_entities": [{"__typename": "Ant"}, {"__typename": "Bee"}]}},
            stand={"data": {"kin": kin}},
            homes=homes,
        )
        [request] = homes.requests
        lists = [value for _, value in sorted(request["variables"].items()) if isinstance(value, list)]
        assert sorted(one["id"] for asked in lists for one in asked) == sent
        assert {error["path"][1] for error in response.errors} == set(range(len(sent)))
