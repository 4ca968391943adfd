"""GraphQL over HTTP: the 61 audits of graphql-http, and what they leave out (their ids stand in the parameters)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
BOTH = pytest.mark.parametrize("accept", [JSON, GRAPHQL])


async def post(client: Any, body: Any, accept: str | None = JSON, **headers: str) -> Any:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    given = {"content-type": JSON} | ({} if accept is None else {"accept": accept}) | headers
    return await client.post("/graphql", content=content, headers=given)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (GRAPHQL, GRAPHQL),  # 22EB
        (JSON, JSON),  # 4655
        ("*/*", JSON),  # 47DE
        (None, JSON),  # 80D8
    ],
)
async def test_accept_is_honoured_and_the_answer_is_utf8(client: Any, accept: str | None, content_type: str) -> None:
    response = await post(client, {"query": "{ __typename }"}, accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{content_type}; charset=utf-8"  # 82A3
    assert response.headers["vary"] == "Accept, Origin"
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])  # 78D5, BF61
async def test_requests_are_utf8(client: Any, content_type: str) -> None:
    body = json.dumps({"query": '{ __type(name: "Run🏃Swim🏊") { name } }'}, ensure_ascii=False).encode()
    response = await post(client, body, GRAPHQL, **{"content-type": content_type})
    assert (response.status_code, response.json()) == (200, {"data": {"__type": None}})


async def test_get_runs_queries_without_any_header(client: Any) -> None:  # 5A70
    response = await client.get("/graphql?query=" + quote("{ hello }"))
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "Hello world"}})
    assert response.headers["cache-control"] == "no-store"


async def test_head_is_get_without_a_body(client: Any) -> None:
    response = await client.head("/graphql?query=" + quote("{ hello }"))
    assert (response.status_code, response.content) == (200, b"")


async def test_get_runs_no_mutation(client: Any, village: Any) -> None:  # 9C48
    response = await client.get("/graphql?query=" + quote('mutation { rename(id: 1, name: "x") { id } }'))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert village.asked == 0


async def test_post_needs_a_json_type(client: Any) -> None:  # 9ABE
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = await post(client, {"query": "{ hello }"}, **{"content-type": content_type})
        assert response.status_code == 415
    response = await client.post("/graphql", content=b'{"query":"{hello}"}')
    assert response.status_code == 415


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        "",  # A5BF
        {},  # 423L, 8764, 3E3A
        {"notquery": 1},
        *({"query": wrong} for wrong in ({}, 0, False, [], None)),  # LKJ0-3
        *({"query": "{ hello }", "operationName": wrong} for wrong in ({}, 0, False, [])),  # 6C00-3
        *({"query": "{ hello }", "variables": wrong} for wrong in ("", 0, False, [])),  # 4760-3
        *({"query": "{ hello }", "extensions": wrong} for wrong in ("", 0, False, [])),  # 58B0-3
        "{",  # BCF8, B7N8, B6DC
        "[]",
        [{"query": "{ hello }"}],
        '"text"',
        "null",
        b"\xff",
    ],
)
async def test_what_is_no_graphql_request_is_400(client: Any, accept: str, body: Any) -> None:
    response = await post(client, body, accept)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith(accept)
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INVALID_GRAPHQL_REQUEST"
    assert "data" not in response.json()


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ hello }"},  # 34A2, 13EE, 2C94, 03D4
        {"query": "query Q { hello }", "operationName": "Q"},  # 8161, B8B3
        {"query": "{ hello }", "variables": None},  # 94B0, 0220
        {"query": "{ hello }", "operationName": None},  # 94B1, 0221
        {"query": "{ hello }", "operationName": ""},
        {"query": "{ hello }", "extensions": None},  # 94B2, 0222
        {"query": "query Q($n: String) { hello(name: $n) }", "variables": {"n": "world"}},  # 2EA1, 28B9
        {"query": "{ hello }", "extensions": {"anything": [1]}},  # 428F, 1B7A
        {"query": "{ hello }", "unknown": 1},
    ],
)
async def test_well_formed_requests_are_answered(client: Any, accept: str, body: Any) -> None:
    response = await post(client, body, accept)
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "Hello world"}})


@BOTH
async def test_get_reads_variables_from_json_text(client: Any, accept: str) -> None:  # D6D5, 6A70
    query = quote("query Q($n: String) { hello(name: $n) }")
    variables = quote('{"n": "you"}')
    response = await client.get(
        f"/graphql?query={query}&variables={variables}&operationName=&extensions=", headers={"accept": accept}
    )
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "Hello you"}})


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%7B",
        "query={a}&query={b}",
        "query={hello}&variables=[1]",
        "query={hello}&variables={",
        "%ff",
    ],
)
async def test_get_that_is_no_request(client: Any, query_string: str) -> None:
    response = await client.get(f"/graphql?{query_string}", headers={"accept": GRAPHQL})
    assert response.status_code == 400


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),  # 572B, 865D, 556A
        ({"query": "{ hello { } }"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ goodbye }"}, "GRAPHQL_VALIDATION_FAILED"),  # FDE2, 51FE, 74FF
        ({"query": "type A { b: C }"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ({"query": "{ hello }", "operationName": "Q"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ({"query": "query A { hello } query B { hello }"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ({"query": "query ($id: ID!) { person(id: $id) { id } }"}, "VALIDATION_INVALID_TYPE_VARIABLE"),  # 7B9B, 86EE
        (
            {"query": "query ($id: ID!) { person(id: $id) { id } }", "variables": {"id": []}},
            "VALIDATION_INVALID_TYPE_VARIABLE",
        ),
    ],
)
async def test_invalid_operations(client: Any, village: Any, accept: str, status: int, body: Any, code: str) -> None:
    response = await post(client, body, accept)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"] == {"code": code}
    assert "data" not in response.json()  # D586, 5E5B
    assert village.asked == 0


async def test_errors_say_where(client: Any) -> None:
    response = await post(client, {"query": "{\n  hello\n  goodbye\n}"})
    assert response.json() == {
        "errors": [
            {
                "message": "Cannot query field 'goodbye' on type 'Query'.",
                "locations": [{"line": 3, "column": 3}],
                "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
            }
        ]
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND"])
async def test_other_methods(client: Any, method: str) -> None:
    response = await client.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")


async def test_nothing_acceptable(client: Any) -> None:
    response = await post(client, {"query": "{ hello }"}, "image/png")
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")


async def test_who_reads_answers_in_parts_gets_a_whole_one_where_nothing_is_deferred(client: Any) -> None:
    response = await post(client, {"query": "{ hello }"}, "multipart/mixed")
    assert (response.status_code, response.headers["content-type"]) == (200, JSON + "; charset=utf-8")
    assert response.json() == {"data": {"hello": "Hello world"}}


async def test_bodies_are_bounded(serve: Any) -> None:
    from router.gateway.config import LimitsConfig

    async def chunks() -> Any:
        for _ in range(4):
            yield b" " * 50

    async with serve(limits=LimitsConfig(body_bytes=100)) as client:
        assert (await post(client, b" " * 101)).status_code == 413
        response = await client.post("/graphql", content=chunks(), headers={"content-type": JSON})
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (413, "REQUEST_TOO_LARGE")
        assert (await post(client, {"query": "{ hello }"})).status_code == 200


async def test_compressed_bodies_are_refused(client: Any) -> None:
    assert (await post(client, b"\x1f\x8b", **{"content-encoding": "gzip"})).status_code == 415


async def test_request_ids(client: Any) -> None:
    given = await post(client, {"query": "{ hello }"}, **{"x-request-id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    forged = await post(client, {"query": "{ hello }"}, **{"x-request-id": 'a"b c'})
    assert len(forged.headers["x-request-id"]) == 16


async def test_automatic_persisted_queries_are_declined(client: Any) -> None:
    response = await post(client, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}, GRAPHQL)
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    assert error == {
        "message": "PersistedQueryNotSupported",
        "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
    }


async def test_subscriptions_are_not_served_as_single_answers(client: Any) -> None:
    response = await post(client, {"query": "subscription { born { id } }"}, GRAPHQL)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "SUBSCRIPTION_NOT_SUPPORTED",
    )


async def test_keys_stand_in_the_order_of_the_selection(client: Any) -> None:
    response = await post(client, {"query": "{ b: hello a: hello person(id: 1) { name id } }"})
    assert response.content == (b'{"data":{"b":"Hello world","a":"Hello world","person":{"name":"Ada","id":"1"}}}')
