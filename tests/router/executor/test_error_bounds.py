"""A subgraph may report as many and as long errors as it likes: the client and the log get a bounded share of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from graphql import build_schema

from router.executor import ExecutionPolicy, PassErrors, RequestContext, Response, compile_plan
from router.executor.answers import MAX_EXTENSIONS, MAX_MESSAGE
from router.executor.errors import MAX_ERRORS
from router.executor.streams.failures import stream_errors
from router.executor.streams.protocol import StreamRefused
from router.gateway.config import ErrorsConfig
from router.gateway.subgraph_errors import error_policy
from router.query_plan.nodes import ITEMS, PlanNode, Sequence
from tests.router.executor.planning import entities, plan, root
from tests.router.executor.subgraphs import Scripted

SCHEMA = build_schema("type Query { products: [Product] }  type Product { id: ID!  name: String  size: Int! }")
MANY = [{"id": str(number)} for number in range(5_000)]
MORE = {"message": "There are more than 1000 errors.", "extensions": {"code": "TOO_MANY_ERRORS"}}


async def run(node: PlanNode, policy: ExecutionPolicy | None = None, field: str = "name", **replies: Any) -> Response:
    made = compile_plan(plan(SCHEMA, f"{{ products {{ {field} }} }}", node), SCHEMA)
    context = RequestContext({name: Scripted(reply) for name, reply in replies.items()})
    context.policy = policy or context.policy
    return await made.execute(context)


async def one(error: dict[str, Any]) -> dict[str, Any]:
    shop = {"data": {"products": None}, "errors": [{"path": ["products"], **error}]}
    (found,) = (await run(root("shop", "{products{name}}"), shop=shop)).errors
    return found


async def test_many_errors_of_one_answer(caplog: pytest.LogCaptureFixture) -> None:
    errors = [{"message": f"no {number}", "path": ["products", number % 9, "name"]} for number in range(100_000)]
    shop = {"data": {"products": [{"name": None}] * 9}, "errors": errors}
    policy = ExecutionPolicy(errors=error_policy(ErrorsConfig()))
    with caplog.at_level(logging.WARNING):
        response = await run(root("shop", "{products{name}}"), policy, shop=shop)
    assert [error.get("path") for error in response.errors] == [
        *(["products", number % 9, "name"] for number in range(MAX_ERRORS)),
        None,
    ]
    assert response.errors[-1] == MORE
    assert len(caplog.records) == MAX_ERRORS + 1


async def test_few_errors_that_concern_many_objects() -> None:
    node = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "name", ("products", ITEMS))))
    names = {"data": None, "errors": [{"message": f"no {number}"} for number in range(500)]}
    response = await run(node, shop={"data": {"products": MANY}}, names=names)
    assert response.data == {"products": [{"name": None}] * len(MANY)}
    assert [error.get("path") for error in response.errors[:-1]] == [["products", n] for n in range(MAX_ERRORS)]
    assert response.errors[-1] == MORE


async def test_many_values_that_are_not_valid() -> None:
    shop = {"data": {"products": [{"size": "large"}] * 5_000}}
    response = await run(root("shop", "{products{size}}"), ExecutionPolicy(max_errors=3), "size", shop=shop)
    assert response.data == {"products": [None] * 5_000}
    assert [error.get("path") for error in response.errors] == [*(["products", n, "size"] for n in range(3)), None]


async def test_as_many_as_may_be_are_all_told() -> None:
    errors = [{"message": f"no {number}", "path": ["products", number, "name"]} for number in range(MAX_ERRORS)]
    shop = {"data": {"products": [{"name": None}] * MAX_ERRORS}, "errors": errors}
    response = await run(root("shop", "{products{name}}"), shop=shop)
    assert [error["message"] for error in response.errors] == [f"no {number}" for number in range(MAX_ERRORS)]


async def test_a_long_message_is_cut() -> None:
    assert (await one({"message": "é" * 10_000_000}))["message"] == "é" * (MAX_MESSAGE - 1) + "…"
    assert (await one({"message": "é" * MAX_MESSAGE}))["message"] == "é" * MAX_MESSAGE


@pytest.mark.parametrize(("code", "kept"), [("CLOSED", {"code": "CLOSED"}), (5, {}), ("C" * 10_000, {})])
async def test_of_large_or_deep_extensions_only_the_code_is_kept(code: Any, kept: dict[str, Any]) -> None:
    error = await one({"message": "no", "extensions": {"code": code, "trace": ["x" * 100] * 10_000}})
    assert error["extensions"] == {**kept, "service": "shop"}
    deep: Any = "x"
    for _ in range(250):
        deep = [deep]
    error = await one({"message": "no", "extensions": {"code": code, "trace": deep}})
    assert error["extensions"] == {**kept, "service": "shop"}
    fits = {"code": "CLOSED", "trace": "x" * (MAX_EXTENSIONS - 50)}
    assert (await one({"message": "no", "extensions": fits}))["extensions"] == {**fits, "service": "shop"}


def test_errors_of_a_stream_that_is_refused() -> None:
    refused = StreamRefused([{"message": "no" * MAX_MESSAGE, "extensions": {"code": "CLOSED"}}] * 5_000)
    errors = stream_errors("shop", refused, PassErrors())
    assert len(errors) == MAX_ERRORS + 1
    assert len(errors[0]["message"]) == MAX_MESSAGE
    assert errors[0]["extensions"] == {"code": "CLOSED", "service": "shop"}
    assert errors[-1] == MORE
    (error,) = stream_errors("shop", StreamRefused([{}]), PassErrors())
    assert error["message"] == 'Subgraph "shop" reported an error without a message.'
