"""The response shape: every selected field once per object type, in the order of the document."""

from __future__ import annotations

from router.query_plan.nodes import ResponseField
from tests.router.planner.conftest import MakePlan

SUBGRAPHS = {
    "a": """
        type Query { pets: [Pet!] one: Dog }
        interface Pet { name: String owner: Owner }
        type Dog implements Pet { name: String! owner: Owner bark: Int }
        type Cat implements Pet { name: String owner: Owner purr(loud: Boolean): Int }
        type Owner @key(fields: "id") { id: ID! name: String }
    """,
    "b": """
        type Owner @key(fields: "id") { id: ID! age: Int }
    """,
}

Row = tuple[str, str, str | None, str]


def rows(fields: tuple[ResponseField, ...]) -> list[Row]:
    return [
        (field.response_key, field.source_key, ",".join(sorted(field.types)) if field.types else None, str(field.type))
        for field in fields
    ]


def test_narrowed_types_of_implementations_are_told_apart(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ pets { name } }")
    assert rows(plan.response[0].selections) == [
        ("name", "name", "Cat", "String"),
        ("name", "name", "Dog", "String!"),
    ]


def test_order_of_the_document_across_fragments(make_plan: MakePlan) -> None:
    plan = make_plan(
        SUBGRAPHS, "{ pets { ... on Cat { purr } owner { name } ... on Dog { bark } ... on Cat { z: name } } }"
    )
    assert [field.response_key for field in plan.response[0].selections] == ["purr", "owner", "bark", "z"]


def test_selections_of_interface_and_implementation_are_merged(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ pets { owner { name } ... on Dog { owner { age } } } }")
    dog, cat = sorted(plan.response[0].selections, key=lambda field: sorted(field.types or ()), reverse=True)
    assert [field.response_key for field in dog.selections] == ["name", "age"]
    assert [field.response_key for field in cat.selections] == ["name"]


def test_source_key_of_an_aliased_collision(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ one { owner { id: name age } } }")
    owner = plan.response[0].selections[0]
    assert rows(owner.selections) == [("id", "id", None, "String"), ("age", "age", None, "Int")]


def test_nested_conditions_are_joined(make_plan: MakePlan) -> None:
    plan = make_plan(
        SUBGRAPHS,
        """
        query($a: Boolean!, $b: Boolean!) {
          one { ... @include(if: $a) { bark @skip(if: $b) } ... @skip(if: $b) { name } name @include(if: $a) }
        }
        """,
    )
    assert [(field.response_key, field.include) for field in plan.response[0].selections] == [
        ("bark", ((("a", True), ("b", False)),)),
        ("name", ((("a", True),), (("b", False),))),
    ]


def test_typename_under_a_type_condition(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ kind: __typename pets { t: __typename ... on Dog { d: __typename } } }")
    assert plan.response[0].origin == "typename"
    assert [(field.response_key, field.source_key, field.types) for field in plan.response[1].selections] == [
        ("t", "__typename", None),
        ("d", "__typename", frozenset({"Dog"})),
    ]
