"""What pages of other sites can make a browser do, and what they may read."""

from __future__ import annotations

from typing import Any

import pytest

from router.gateway.config import CorsConfig, CsrfConfig

QUERY = "/graphql?query={hello}"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 400),
        ({"sec-fetch-site": "same-site"}, 400),
        ({"sec-fetch-site": "cross-site", "accept": "application/graphql-response+json"}, 400),
        ({"sec-fetch-site": "cross-site", "content-type": "text/plain"}, 400),
        ({"sec-fetch-site": "cross-site", "content-type": "application/json"}, 200),
        ({"sec-fetch-site": "cross-site", "graphql-require-preflight": "1"}, 200),
        ({"sec-fetch-site": "cross-site", "apollo-require-preflight": "true"}, 200),
        ({"sec-fetch-site": "cross-site", "x-apollo-operation-name": "Q"}, 200),
        ({"sec-fetch-site": "cross-site", "apollo-require-preflight": ""}, 400),
    ],
)
async def test_get(client: Any, village: Any, headers: dict[str, str], status: int) -> None:
    response = await client.get(QUERY, headers=headers)
    assert response.status_code == status
    assert village.asked == (status == 200)
    if status == 400:
        assert response.json()["errors"][0]["extensions"]["code"] == "CSRF_PREVENTION"


async def test_strict_asks_every_get_for_a_preflight_header(serve: Any) -> None:
    async with serve(csrf=CsrfConfig(strict=True)) as client:
        assert (await client.get(QUERY)).status_code == 400
        assert (await client.get(QUERY, headers={"graphql-require-preflight": "1"})).status_code == 200
        assert await client.ask("{ hello }") == {"data": {"hello": "Hello world"}}


async def test_it_can_be_turned_off(serve: Any) -> None:
    async with serve(csrf=CsrfConfig(enabled=False)) as client:
        assert (await client.get(QUERY, headers={"sec-fetch-site": "cross-site"})).status_code == 200


async def preflight(client: Any, origin: str) -> Any:
    return await client.options(
        "/graphql",
        headers={
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,authorization",
        },
    )


async def test_no_origin_is_allowed_by_default(client: Any) -> None:
    response = await preflight(client, "https://shop.example")
    assert response.status_code == 204
    assert "access-control-allow-origin" not in response.headers
    response = await client.get(QUERY, headers={"origin": "https://shop.example"})
    assert "access-control-allow-origin" not in response.headers


async def test_configured_origins_may_read_answers(serve: Any) -> None:
    async with serve(cors=CorsConfig(("https://shop.example",), credentials=True)) as client:
        response = await preflight(client, "https://shop.example")
        assert response.headers["access-control-allow-origin"] == "https://shop.example"
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["access-control-allow-headers"] == "content-type,authorization"
        assert response.headers["access-control-allow-methods"] == "GET, POST"
        assert "access-control-allow-origin" not in (await preflight(client, "https://evil.example")).headers
        answer = await client.get(QUERY, headers={"origin": "https://shop.example"})
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        refused = await client.get("/graphql?query={", headers={"origin": "https://shop.example"})
        assert refused.headers["access-control-allow-origin"] == "https://shop.example"


async def test_every_origin(serve: Any) -> None:
    async with serve(cors=CorsConfig(("*",))) as client:
        assert (await preflight(client, "https://any.example")).headers["access-control-allow-origin"] == "*"


async def test_options_without_origin_names_the_methods(client: Any) -> None:
    response = await client.options("/graphql")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
