"""Executable directives that subgraphs define reach them: on fields, and on the operation."""

from __future__ import annotations

from router.query_plan import print_plan
from router.query_plan.nodes import fetches
from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import MakePlan, ask

DIRECTIVES = """
    directive @log(level: Int, tags: [String!]) repeatable on FIELD | QUERY
    directive @upper on FIELD
    directive @audit(by: ID) on MUTATION
"""
SUBGRAPHS = {
    "a": DIRECTIVES
    + """
        type Query { x(of: Int): X pair: Pair }
        type Mutation { rename(to: String): X }
        type X @key(fields: "id") { id: ID! a: String }
        union Pair = One | Two
        type One { n: String }
        type Two { n: String }
    """,
    "b": DIRECTIVES + 'type X @key(fields: "id") { id: ID! b: String }',
}


def documents(make_plan: MakePlan, operation: str) -> list[str]:
    return [fetch.document for fetch in fetches(make_plan(SUBGRAPHS, operation).node)]


def test_on_fields(make_plan: MakePlan) -> None:
    operation = 'query($v: Int) { x @log(level: $v) @log(tags: ["$w"]) { a @upper b @log(level: 2) @upper } }'
    assert documents(make_plan, operation) == [
        'query($v:Int){x@log(level:$v)@log(tags:["$w"]){a@upper id}}',
        "query($representations:[_Any!]!){_entities(representations:$representations){...on X{b@log(level:2)@upper}}}",
    ]


def test_with_arguments_and_conditions(make_plan: MakePlan) -> None:
    operation = "query($v: Boolean!) { x(of: 1) @upper @skip(if: $v) @log { a @include(if: $v) @upper } y: x { a } }"
    assert documents(make_plan, operation) == [
        "query($v:Boolean!){x(of:1)@upper@log@skip(if:$v){a@upper@include(if:$v)} y:x{a}}"
    ]


def test_of_fields_that_are_answered_as_one(make_plan: MakePlan) -> None:
    """Those that may be repeated are all there, of the others the first."""
    operation = "{ x { a @upper @log(level: 1) a @log(level: 2) @upper ...F } } fragment F on X { a @log(level: 1) }"
    assert documents(make_plan, operation) == ["{x{a@upper@log(level:1)@log(level:2)@log(level:1)}}"]


def test_under_type_conditions(make_plan: MakePlan) -> None:
    """What it makes of a field is not the field: each has a key of its own."""
    operation = "{ pair { ... on One { n @upper } ... on Two { n } } }"
    [document] = documents(make_plan, operation)
    assert document == "{pair{__typename ...on One{n@upper} ...on Two{_0_n:n}}}"


async def test_a_key_is_not_what_a_directive_makes_of_it() -> None:
    b = Scripted({"data": {"_entities": [{"b": "B"}]}})
    response = await ask(SUBGRAPHS, "{ x { id @upper b } }", a={"data": {"x": {"id": "I", "_0_id": "i"}}}, b=b)
    assert response.errors == []
    assert response.data == {"x": {"id": "I", "b": "B"}}
    assert b.requests[0]["variables"] == {"representations": [{"__typename": "X", "id": "i"}]}


def test_on_the_operation(make_plan: MakePlan) -> None:
    operation = "query Q($v: Int) @log(level: $v) @log { x { b } }"
    assert documents(make_plan, operation) == [
        "query($v:Int)@log(level:$v)@log{x{id}}",
        "query($representations:[_Any!]!,$v:Int)@log(level:$v)@log"
        "{_entities(representations:$representations){...on X{b}}}",
    ]
    assert documents(make_plan, "query @log { x { a } }") == ["query@log{x{a}}"]


def test_on_a_mutation_it_stays_with_the_mutation(make_plan: MakePlan) -> None:
    operation = 'mutation @audit(by: "me") { rename(to: "y") { b } }'
    assert documents(make_plan, operation) == [
        'mutation@audit(by:"me"){rename(to:"y"){id}}',
        "query($representations:[_Any!]!){_entities(representations:$representations){...on X{b}}}",
    ]


def test_the_printed_plan_shows_them(make_plan: MakePlan) -> None:
    printed = print_plan(make_plan(SUBGRAPHS, "{ x @log(level: 1) { a } }"))
    assert "x @log(level: 1) {" in printed
