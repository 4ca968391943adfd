"""Whatever bytes come: an answer below 500, no traceback, and no subgraph asked for what is not valid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DEEP = 3000


@pytest.mark.parametrize(
    "query",
    [
        "{" * DEEP,
        "{a" * DEEP,
        "{ person(id: 1) " + "{ friend " * 30 + "{ id }" + "}" * 31,
        "{ echo(json: " + "[" * DEEP,
        "{ echo(json: " + "[" * 200 + "]" * 200 + ") }",
        "query ($a: " + "[" * DEEP,
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(200)) + "{ ...F0 }",
        " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(1500)) + "{ ...F0 }",
        "{ " + " ".join(f"a{n}: hello" for n in range(2000)) + " }",
        "{ hello " + "@skip(if: true) " * 500 + "}",
        "#" * 100_000,
        "\x00",
        "\ufeff",
        '{ hello(name: "\\ud800") }',
        '"""' * 3,
        "query Q($v: Int = 99999999999) { hello }",
        "{ person(id: 1) { id } person(id: 2) { id } }",
        "subscription { born { id } __typename }",
    ],
)
async def test_hostile_documents(client: Any, village: Any, query: str) -> None:
    response = await client.post("/graphql", json={"query": query})
    assert response.status_code in (200, 400)
    assert response.json()["errors"]
    assert village.asked == 0


@pytest.mark.parametrize(
    "variables",
    [
        '{"json": ' + "[" * 99 + "]" * 99 + "}",
        '{"json": ' + "[" * 200 + "]" * 200 + "}",
        '{"json": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"json": ' + '{"a":' * 2000 + "1" + "}" * 2000 + "}",
        '{"json": 1' + "0" * 400 + "}",
        '{"json": 1e999}',
        '{"json": NaN}',
        '{"json": "\\ud800"}',
        '{"json": ' + "9" * 30 + "}",
        '{"json": {"__proto__": 1, "": null}}',
    ],
)
async def test_hostile_variables(client: Any, variables: str) -> None:
    body = f'{{"query": "query ($json: JSON) {{ echo(json: $json) }}", "variables": {variables}}}'
    response = await client.post("/graphql", content=body.encode(), headers={"content-type": "application/json"})
    assert response.status_code in (200, 400)


FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
TOKENS = st.sampled_from(
    ["{", "}", "(", ")", "[", "]", "...", "@", "$", ":", "=", "|", "!", "&", "query", "mutation", "fragment", "on",
     "hello", "person", "id", "name", "true", "null", "1", "1.5e3", '"x"', '"""y"""', "#c\n", "\n", "@skip(if: true)"]
)  # fmt: skip


@FUZZ
@given(body=st.binary(max_size=200))
async def test_random_bodies(client: Any, body: bytes) -> None:
    response = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (200, 400)  # byte literals of loaded modules are drawn, too: some are requests
    assert set(response.json()) <= {"data", "errors"}


@FUZZ
@given(words=st.lists(TOKENS, max_size=30))
async def test_random_documents(client: Any, words: list[str]) -> None:
    response = await client.post("/graphql", json={"query": " ".join(words)})
    assert response.status_code == 200
    assert set(response.json()) <= {"data", "errors"}


@FUZZ
@given(
    query_string=st.text(max_size=60), accept=st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=40)
)
async def test_random_urls_and_headers(client: Any, query_string: str, accept: str) -> None:
    raw = query_string.encode("utf-8", "surrogatepass").hex()
    url = "/graphql?query=" + "".join(f"%{raw[n : n + 2]}" for n in range(0, len(raw), 2))
    response = await client.get(url, headers={"accept": accept})
    assert response.status_code < 500


@FUZZ
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda children: st.lists(children) | st.dictionaries(st.text(), children),
        max_leaves=10,
    )
)
async def test_random_variables(client: Any, value: Any) -> None:
    body = json.dumps({"query": "query ($w: Filter, $id: ID!) { people(where: $w) { id } person(id: $id) { id } }",
                       "variables": {"w": value, "id": value}})  # fmt: skip
    response = await client.post("/graphql", content=body.encode(), headers={"content-type": "application/json"})
    assert response.status_code in (200, 400)
