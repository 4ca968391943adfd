"""Fields a request may not see are not fetched and keep their place in the response."""

from __future__ import annotations

from router.query_plan.nodes import QueryPlan, ResponseField, fetches
from tests.router.planner.conftest import MakePlan

SUBGRAPHS = {
    "a": """
        type Query { me: User found: [Named] }
        interface Named { name: String }
        type User implements Named @key(fields: "id") { id: ID! name: String mail: String }
        type Shop implements Named { name: String }
    """,
    "b": """
        type User @key(fields: "id") { id: ID! orders: Int }
    """,
}


def only(plan: QueryPlan) -> tuple[ResponseField, ...]:
    return plan.response[0].selections


def test_field_is_not_fetched(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name mail } }", frozenset({("User", "mail")}))
    assert [fetch.document for fetch in fetches(plan.node)] == ["{me{name}}"]
    assert [(field.response_key, field.origin) for field in only(plan)] == [("name", "data"), ("mail", "unauthorized")]


def test_jump_for_it_falls_away(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { name orders } }", frozenset({("User", "orders")}))
    assert [fetch.service for fetch in fetches(plan.node)] == ["a"]


def test_parent_of_nothing_else_is_still_fetched(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { mail } }", frozenset({("User", "mail")}))
    assert [fetch.document for fetch in fetches(plan.node)] == ["{me{__typename}}"]


def test_root_field(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ me { mail } }", frozenset({("Query", "me")}))
    assert plan.node is None
    assert plan.response[0].origin == "unauthorized"


def test_one_implementation_of_an_interface(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ found { name } }", frozenset({("User", "name")}))
    assert [fetch.document for fetch in fetches(plan.node)] == ["{found{__typename ...on Shop{name}}}"]
    assert [(field.types, field.origin) for field in only(plan)] == [
        (frozenset({"User"}), "unauthorized"),
        (frozenset({"Shop"}), "data"),
    ]
