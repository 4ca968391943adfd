"""Other Federation routers serve our supergraph over our subgraphs and answer the reference queries as we do.

``make test-peers`` runs this; it needs Node.js 20 and npm, and installs the peers into a temporary directory, or once
into the one that ``STOA_PEERS`` names. No part of ``make test``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from ops.local.secrets import Keys
from ops.rooms import ROOMS
from router.gateway.config import ForwardConfig
from router.gateway.identity.caller import caller_of_claims
from router.gateway.identity.forwarding import Forwarder
from tests.peers.peers import PEERS, Peer, at, install, stop
from tests.supergraph.collectors import let_in
from tests.supergraph.conftest import ROOT, Client, Shop, data_directory, free_port, start
from tests.supergraph.conftest import stop as stop_shop
from tests.supergraph.reference import OPERATIONS, caller_of, operation, variables_of

_SIZE = 10

_REFUSED = {
    ("hive", "q05"): "it does not plan a @requires that leads through a list into fields nobody selected"
    " (Cart.warnings requires lines { product { availability { … } } }); @apollo/gateway does",
}
"""What a peer is known not to answer."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """The demo shop, a process per service."""
    started = start(data_directory(), "--processes")
    let_in(started.data)
    yield started
    started.http.close()
    assert stop_shop(started.process) == 0


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """Where the peers are."""
    if kept := os.environ.get("STOA_PEERS"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        install(Path(kept))
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="stoa-peers-") as directory:
        install(Path(directory))
        yield Path(directory)


@pytest.fixture(scope="module", params=PEERS, ids=lambda peer: peer.name)
def peer(request: pytest.FixtureRequest, shop: Shop, installed: Path) -> Iterator[httpx.Client]:
    """A running peer."""
    first = httpx.URL(shop.url).port
    assert first is not None
    urls = {room: f"http://127.0.0.1:{first + 1 + n}/graphql" for n, room in enumerate(ROOMS)}
    port = free_port()
    started: Peer = request.param
    process = started.start(installed, at((ROOT / "schema/supergraph.graphql").read_text(), urls), port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client
    stop(process)


@pytest.mark.parametrize("name", sorted(path.stem for path in OPERATIONS.glob("*.graphql")))
def test_same_data(request: pytest.FixtureRequest, shop: Shop, peer: httpx.Client, name: str) -> None:
    if reason := _REFUSED.get((request.node.callspec.params["peer"].name, name)):
        request.applymarker(pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True))
    client = caller_of(shop, name, _SIZE)
    variables = variables_of(name, _SIZE)
    ours = client.ask(operation(name), variables)
    headers = {"authorization": _for_subgraphs(shop, client)}
    theirs = peer.post("/graphql", json={"query": operation(name), "variables": variables}, headers=headers).json()
    assert "errors" not in theirs, theirs["errors"]
    assert theirs["data"] == ours


def _for_subgraphs(shop: Shop, client: Client) -> str:
    """The identity that our router forwards for this caller; a peer passes it on as it is."""
    assert client.token is not None
    claims = jwt.decode(client.token, options={"verify_signature": False})
    key = Keys(shop.data / "keys").private("router")
    return Forwarder(ForwardConfig(key)).authorization(caller_of_claims(claims)).decode()
