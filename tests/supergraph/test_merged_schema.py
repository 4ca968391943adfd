"""The router's answer to every reference query is the answer of one plain schema over all subgraphs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from ops.rooms import ROOMS
from router.gateway.config import ForwardConfig
from tests.supergraph.conftest import ROOT, Shop
from tests.supergraph.merged_schema import MergedSchema
from tests.supergraph.test_reference_queries import PRICES, caller_of, operation, variables_of


class Subgraphs:
    """The six services of a shop, asked directly with the identity that the router would forward."""

    def __init__(self, shop: Shop, client_token: str, http: httpx.Client) -> None:
        self.http = http
        self.first_port = int(shop.url.rpartition(":")[2]) + 1
        claims = jwt.decode(client_token, options={"verify_signature": False})
        kept = {key: claims[key] for key in ("sub", "sid", "role", "kind", "scopes") if key in claims}
        config = ForwardConfig(shop.data / "keys" / "router.pem")
        self.identity = jwt.encode(
            {**kept, "iss": config.issuer, "aud": config.audience, "iat": claims["iat"], "exp": claims["iat"] + 60},
            config.key_file.read_bytes(),
            algorithm="EdDSA",
            headers={"kid": config.issuer},
        )

    def ask(self, room: str, query: str, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        answer = self.http.post(
            f"http://127.0.0.1:{self.first_port + ROOMS.index(room)}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.identity}"},
        ).json()
        assert "errors" not in answer, (room, query, answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data


def _read(name: str) -> str:
    return (ROOT / "schema" / f"{name}.graphql").read_text()


@pytest.mark.parametrize("shop", ["processes"], indirect=True)
@pytest.mark.parametrize("name", sorted(PRICES))
def test_the_federated_answer_is_the_merged_one(shop: Shop, name: str) -> None:
    client = caller_of(shop, name, 10)
    variables = variables_of(name, 10)
    federated = client.ask(operation(name), variables)
    assert client.token is not None
    with httpx.Client(timeout=30) as http:
        subgraphs = Subgraphs(shop, client.token, http)
        oracle = MergedSchema(_read("api"), {room: _read(room) for room in ROOMS}, subgraphs.ask)
        merged = oracle.execute(operation(name), variables)
    assert json.dumps(federated) == json.dumps(merged)  # the order of keys counts too


def test_the_schema_files_are_where_the_readme_says() -> None:
    assert {path.stem for path in Path(ROOT / "schema").glob("*.graphql")} == {*ROOMS, "supergraph", "api"}
