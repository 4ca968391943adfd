"""GraphiQL is served from the package, to browsers only, under a policy that names no other origin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import router.gateway
from router.gateway.config import GraphiQLConfig, ListenConfig

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FOLDER = Path(router.gateway.__file__).parent / "graphiql"


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphql?query={hello}"])
async def test_browsers_get_the_page(client: Any, path: str) -> None:
    response = await client.get(path, headers=BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "http" not in response.text
    assert 'data-endpoint="graphql"' in response.text
    assert "&#10;{&#10;  __typename&#10;}" in response.text


async def test_the_assets_of_the_page_are_there(client: Any) -> None:
    page = await client.get("/", headers=BROWSER)
    assets = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', page.text)
    assert sorted(assets) == ["graphiql/graphiql.css", "graphiql/graphiql.js"]
    for asset in assets:
        response = await client.get(f"/{asset}")
        assert response.status_code == 200
        assert response.headers["content-encoding"] == "gzip"
        assert response.text == (FOLDER / asset.partition("/")[2]).read_text()
        unchanged = await client.get(f"/{asset}", headers={"if-none-match": response.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("name", ["package.json", "..%2Fapp.py", "index.html", "nothing"])
async def test_nothing_else_of_the_folder_is_served(client: Any, name: str) -> None:
    assert (await client.get(f"/graphiql/{name}")).status_code == 404


async def test_the_first_tab_and_the_endpoint_are_configurable(serve: Any) -> None:
    settings = {"graphiql": GraphiQLConfig(default_query='{ a(b: "<c>") }'), "listen": ListenConfig(path="/api/graph")}
    async with serve(**settings) as client:
        page = await client.get("/", headers=BROWSER)
        assert 'data-default-query="{ a(b: &quot;&lt;c&gt;&quot;) }"' in page.text
        assert 'data-endpoint="api/graph"' in page.text
        assert (await client.get("/graphql")).status_code == 404
        assert (await client.post("/api/graph", json={"query": "{ hello }"})).status_code == 200


async def test_it_can_be_turned_off(serve: Any) -> None:
    async with serve(graphiql=GraphiQLConfig(enabled=False)) as client:
        assert (await client.get("/", headers=BROWSER)).status_code == 404
        response = await client.get("/graphql?query={hello}", headers=BROWSER)
        assert response.json() == {"data": {"hello": "Hello world"}}


async def test_introspection_off_hides_the_schema_and_suggests_nothing(serve: Any) -> None:
    async with serve(introspection=False) as client:
        for query in ("{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'):
            answer = await client.ask(query)
            assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert (await client.ask("{ helo }"))["errors"][0]["message"] == "Cannot query field 'helo' on type 'Query'."
        assert await client.ask("{ __typename }") == {"data": {"__typename": "Query"}}


def test_the_bundle_is_small_and_its_licences_are_there() -> None:
    assert sum(file.stat().st_size for file in FOLDER.glob("graphiql.*")) < 3_000_000
    licences = (FOLDER / "LICENSES.txt").read_text()
    for name in ("graphiql", "react", "react-dom", "codemirror", "graphql"):
        assert re.search(rf"^{name} \d", licences, re.MULTILINE), name
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text()
