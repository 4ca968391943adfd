"""A small federation schema: guards, entities, plain fields, selections, masking, and the printed SDL."""

import datetime as dt
from decimal import Decimal
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest
import strawberry
from graphql import parse

from subgraphs.kernel.context import Info, RequestContext
from subgraphs.kernel.errors import UserError, settle
from subgraphs.kernel.execution import Executor
from subgraphs.kernel.federation import build_schema, cost, list_size
from subgraphs.kernel.identity import ANONYMOUS, Principal
from subgraphs.kernel.loaders import Loaded, RequestLoaders, one_by_key
from subgraphs.kernel.money import check_amount
from subgraphs.kernel.refusals import Conflict, Invalid, Refusals, Unavailable
from subgraphs.kernel.selections import selected_fields, selects
from subgraphs.kernel.shared_types import Money, TimeRange

BATCHES: list[list[str]] = []


class Loaders(RequestLoaders):
    def __init__(self, context: RequestContext) -> None:
        super().__init__(context)

        async def fetch(keys: list[str]) -> dict[str, str]:
            BATCHES.append(keys)
            return {key: f"name of {key}" for key in keys if key != "absent"}

        self.name = one_by_key(fetch)


@strawberry.federation.type(keys=["id"], description="A thing.")
class Thing:
    id: strawberry.ID = strawberry.field(description="Its id.")
    secret: str | None = strawberry.federation.field(authenticated=True, description="For the signed in.", default="s")
    price: Money | None = strawberry.federation.field(external=True, description="Elsewhere.", default=None)

    @strawberry.field(description="By loader.")
    def name(self, info: Info) -> Loaded[str | None]:
        return cast(Loaded[str | None], info.context.loaders.name.load(self.id))

    @strawberry.federation.field(requires=["price { amount }"], description="Twice the price.")
    def double(self) -> Decimal | None:
        return self.price.amount * 2 if self.price else None

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, price: Any = None, **_: object) -> "Thing":
        money = Money(amount=Decimal(price["amount"]), currency="EUR") if price else None
        return cls(id=id, price=money)


@strawberry.type(description="A list.")
class Things:
    nodes: list[Thing] = strawberry.field(description="Things.")
    total: int = strawberry.field(description="How many.")


@strawberry.type(description="A result.")
class Payload:
    amount: Decimal | None = strawberry.field(description="Result.")
    errors: list[UserError] = strawberry.field(description="Why not.")


SELECTED: list[Any] = []


@strawberry.type
class Query:
    @strawberry.federation.field(directives=[cost(5), list_size("first")], description="Things.")
    def things(self, info: Info, first: int | None = 20, made: TimeRange | None = None) -> Things:
        SELECTED.append((selects(info, "total"), selects(info, "nodes", "name"), selected_fields(info, "nodes")))
        return Things(nodes=[Thing(id=strawberry.ID(str(n))) for n in range(first or 0)], total=first or 0)

    @strawberry.federation.field(requires_scopes=[["a", "b"], ["c"]], description="For staff.")
    def staff(self) -> str:
        return "staff"

    @strawberry.field(description="Fails.")
    def fails(self, how: str) -> str | None:
        raise {
            "bug": ValueError("secret detail"),
            "refusal": Invalid("No.", code="BAD"),
            "refusals": Refusals([Conflict("Old.", code="STALE")]),
            "outage": Unavailable("The database does not answer."),
            "timeout": asyncpg.QueryCanceledError("canceling statement"),
            "unique": asyncpg.UniqueViolationError("duplicate key value violates secret_key"),
        }[how]

    @strawberry.field(description="Echo.")
    def echo(self, at: dt.datetime, day: dt.date, amount: Decimal) -> str:
        return f"{at.astimezone(dt.UTC):%H:%M} {day:%d} {amount}"


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(inaccessible=True, description="For siblings.")
    def hidden(self) -> str:
        return "done"

    @strawberry.mutation(description="Checks an amount.")
    async def check(self, amount: Decimal) -> Payload:
        async def work() -> Decimal:
            return check_amount(amount, "EUR", path=["amount"])

        return await settle(Payload, "amount", work())


SCHEMA = build_schema(query=Query, mutation=Mutation, types=[Thing])
EXECUTOR = Executor(SCHEMA._schema)
USER = Principal("user", uuid4())


async def run(query: str, variables: dict[str, Any] | None = None, principal: Principal = ANONYMOUS) -> dict[str, Any]:
    context = RequestContext(room=cast(Any, None), principal=principal)
    context.loaders = Loaders(context)
    BATCHES.clear()
    SELECTED.clear()
    return await EXECUTOR.run(query, variables, None, context)


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


# -- guards ------------------------------------------------------------------------------------------------------------


async def test_authenticated_fields_ask_for_a_caller() -> None:
    answer = await run("{ things(first: 1) { nodes { id secret } } }")
    assert answer["data"]["things"]["nodes"] == [{"id": "0", "secret": None}]
    assert codes(answer) == ["UNAUTHENTICATED"]
    assert codes(await run("{ things(first: 1) { nodes { secret } } }", principal=USER)) == []


@pytest.mark.parametrize(
    ("scopes", "expected"), [((), "FORBIDDEN"), (("a",), "FORBIDDEN"), (("a", "b"), None), (("c", "x"), None)]
)
async def test_scopes_are_alternatives_of_all(scopes: tuple[str, ...], expected: str | None) -> None:
    answer = await run("{ staff }", principal=Principal("user", uuid4(), frozenset(scopes)))
    assert codes(answer) == ([expected] if expected else [])


async def test_hidden_operations_are_for_siblings() -> None:
    for principal in (ANONYMOUS, USER, Principal("user", uuid4(), frozenset({"ops:write"}))):
        assert codes(await run("mutation { hidden }", principal=principal)) == ["FORBIDDEN"]
    answer = await run("mutation { hidden }", principal=Principal("service", service="order"))
    assert answer == {"data": {"hidden": "done"}}


# -- entities ----------------------------------------------------------------------------------------------------------

ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id name double } } }"


async def test_entities_are_one_batch_and_bad_ones_do_not_spoil_it() -> None:
    references: list[dict[str, Any]] = [
        {"__typename": "Thing", "id": "1", "price": {"amount": "1.25"}, "unexpected": 1},
        {"__typename": "Nothing", "id": "1"},
        {"__typename": "Thing"},
        {"id": "2"},
        {"__typename": "Query"},
        {"__typename": "Thing", "id": "absent"},
    ]
    answer = await run(ENTITIES, {"r": references})
    assert answer["data"]["_entities"] == [
        {"id": "1", "name": "name of 1", "double": "2.50"},
        None,
        None,
        None,
        None,
        {"id": "absent", "name": None, "double": None},
    ]
    assert codes(answer) == ["UNKNOWN_ENTITY", "INVALID_REPRESENTATION", "UNKNOWN_ENTITY", "UNKNOWN_ENTITY"]
    assert BATCHES == [["1", "absent"]]
    assert references[0]["__typename"] == "Thing", "representations are not consumed"


# -- selections --------------------------------------------------------------------------------------------------------


async def test_resolvers_know_what_is_selected() -> None:
    query = """
    query($yes: Boolean!, $no: Boolean!) { things(first: 1) { ...T total @include(if: $no) } }
    fragment T on Things { list: nodes { ... on Thing @skip(if: $no) { id } name @skip(if: $yes) } }
    """
    await run(query, {"yes": True, "no": False})
    assert SELECTED.pop() == (False, False, frozenset({"id"}))
    await run("{ things { total nodes { name } } }")
    assert SELECTED.pop() == (True, True, frozenset({"name"}))


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("bug", "INTERNAL_SERVER_ERROR", "Internal server error."),
        ("refusal", "BAD", "No."),
        ("refusals", "STALE", "Old."),
        ("outage", "SERVICE_UNAVAILABLE", "The database does not answer."),
        ("timeout", "SERVICE_UNAVAILABLE", "The service is busy; try again."),
        ("unique", "ALREADY_EXISTS", "This exists already."),
    ],
)
async def test_errors_say_what_clients_may_know(how: str, code: str, message: str) -> None:
    answer = await run("query($how: String!) { fails(how: $how) }", {"how": how})
    assert codes(answer) == [code]
    assert answer["errors"][0]["message"] == message
    assert "secret" not in str(answer)


async def test_documents_that_cannot_run_are_refused_with_codes() -> None:
    assert codes(await run("{ things {")) == ["GRAPHQL_PARSE_FAILED"]
    assert codes(await run("{ nothing }")) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(await run("{ nothing }")) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(await run("query A { staff } query B { staff }")) == ["OPERATION_RESOLUTION_FAILURE"]


async def test_refused_mutations_answer_their_payload() -> None:
    query = """mutation($a: Decimal!) {
      check(amount: $a) { amount errors { __typename code path ... on ValidationError { constraint } } } }"""
    assert (await run(query, {"a": "1.5"}))["data"]["check"] == {"amount": "1.50", "errors": []}
    for amount, code in (
        ("1.005", "AMOUNT_SCALE"),
        ("-1", "AMOUNT_OUT_OF_RANGE"),
        ("999999999", "AMOUNT_OUT_OF_RANGE"),
    ):
        (error,) = (await run(query, {"a": amount}))["data"]["check"]["errors"]
        assert (error["__typename"], error["code"], error["path"]) == ("ValidationError", code, ["amount"])


# -- scalars -----------------------------------------------------------------------------------------------------------


async def test_scalars_are_exact() -> None:
    answer = await run('{ echo(at: "2026-01-31T13:00:00+01:00", day: "2026-01-31", amount: "10.10") }')
    assert answer["data"]["echo"] == "12:00 31 10.10"


@pytest.mark.parametrize(
    "arguments",
    [
        'at: "2026-01-31T13:00:00", day: "2026-01-31", amount: "1"',
        'at: "now", day: "2026-01-31", amount: "1"',
        'at: "2026-01-31T13:00:00Z", day: "31.1.", amount: "1"',
        'at: "2026-01-31T13:00:00Z", day: "2026-01-31", amount: 1.5',
        'at: "2026-01-31T13:00:00Z", day: "2026-01-31", amount: "1e5"',
        'at: "2026-01-31T13:00:00Z", day: "2026-01-31", amount: "NaN"',
    ],
)
async def test_malformed_scalars_are_refused(arguments: str) -> None:
    assert codes(await run(f"{{ echo({arguments}) }}")) == ["GRAPHQL_VALIDATION_FAILED"]


# -- SDL ---------------------------------------------------------------------------------------------------------------


async def test_the_sdl_is_one_and_the_same_everywhere() -> None:
    answer = await run("{ _service { sdl } }")
    sdl = answer["data"]["_service"]["sdl"]
    assert sdl == SCHEMA.as_str()
    parse(sdl)
    for line in (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9"',
        "directive @oneOf on INPUT_OBJECT",
        'type Thing @key(fields: "id")',
        'double: Decimal @requires(fields: "price { amount }")',
        "things(first: Int = 20, made: TimeRange): Things! @cost(weight: 5)"
        ' @listSize(slicingArguments: ["first"], sizedFields: ["edges"])',
        'staff: String! @requiresScopes(scopes: [["a", "b"], ["c"]])',
        "hidden: String! @inaccessible",
        "type Money @shareable",
        "interface UserError",
    ):
        assert line in sdl
    for implied in ("_entities", "_Any", "_Service", "= null"):
        assert implied not in sdl


def test_ids_of_users_are_uuids() -> None:
    assert isinstance(USER.required_user(), UUID)
