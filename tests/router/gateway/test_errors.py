"""What clients read when something goes wrong: nothing of the inside."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from router.executor import Response
from router.gateway.config import ErrorsConfig
from router.gateway.retry_after import waiting


async def test_an_error_without_code_is_masked_and_logged(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = await client.ask("{ hello fails }", headers={"x-request-id": "r-1"})
    assert answer == {
        "data": {"hello": "Hello world", "fails": None},
        "errors": [
            {
                "message": "Unexpected error",
                "path": ["fails"],
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "service": "people", "requestId": "r-1"},
            }
        ],
    }
    assert "password=hunter2" in caplog.text


async def test_an_error_with_code_is_passed_on_without_its_stack(client: Any) -> None:
    answer = await client.ask("{ refuses }")
    assert answer["errors"] == [
        {"message": "Not today.", "path": ["refuses"], "extensions": {"code": "CLOSED", "service": "people"}}
    ]


async def test_masking_can_be_turned_off(serve: Any) -> None:
    async with serve(errors=ErrorsConfig(mask=False)) as client:
        answer = await client.ask("{ fails }")
    assert answer["errors"][0]["message"] == "password=hunter2"


async def test_an_unexpected_exception_is_a_masked_500(
    client: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.app.engines.current, "_reader", None)
    caplog.set_level(logging.ERROR)
    response = await client.post("/graphql", json={"query": "{ hello }"}, headers={"x-request-id": "r-2"})
    assert response.status_code == 500
    assert response.json() == {
        "errors": [
            {
                "message": "Internal server error",
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "r-2"},
            }
        ]
    }
    assert "Request r-2 failed" in caplog.text
    assert "Traceback" in caplog.text


async def test_forwarded_extensions_are_those_configured(serve: Any, client: Any) -> None:
    assert "extensions" not in await client.ask("{ hello }")
    async with serve(forward_extensions=("sql",)) as other:
        answer = await other.ask("{ hello }")
    assert answer["extensions"] == {"sql": {"people": [1]}}


async def test_a_wait_that_subgraphs_tell_is_a_header_where_it_is_forwarded(serve: Any, client: Any) -> None:
    body = {"query": "{ hello }"}
    assert "retry-after" not in (await client.post("/graphql", json=body)).headers
    async with serve(forward_extensions=("retryAfterSeconds",)) as other:
        answer = await other.post("/graphql", json=body)
    assert answer.json()["extensions"] == {"retryAfterSeconds": {"people": [7]}}
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("told", "header"),
    [
        ({"a": [3, 1], "b": [9]}, [(b"retry-after", b"9")]),
        ({"a": ["3\r\nx: y", None, True, 0, -1, 1.5, 10**9], "b": [2]}, [(b"retry-after", b"2")]),
        ({"a": ["3"]}, []),
    ],
)
def test_the_longest_wait_that_can_be_meant_is_told(told: Any, header: list[tuple[bytes, bytes]]) -> None:
    assert list(waiting(Response(None, [], {"retryAfterSeconds": told}, []))) == header
