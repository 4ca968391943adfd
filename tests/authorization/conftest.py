"""The six subgraphs over the demo shop's rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ops.seed.load import demo_tables, seed
from subgraphs.kernel.identity import generate_key
from subgraphs.kernel.settings import ROOMS, DatabaseSettings
from tests.fixtures.databases import Databases
from tests.fixtures.rooms import RoomClient, StartRoom

_SETTINGS = {"AUTH_SHOP_URL": "https://shop.example.com"}


@pytest.fixture(scope="module")
def seeded(databases: Databases) -> Iterator[dict[str, DatabaseSettings]]:
    made = {room: databases.clone(room) for room in ROOMS}
    asyncio.run(seed(made, demo_tables(), lambda *_: None))
    yield made
    for database in made.values():
        databases.drop(database)


@pytest.fixture(params=ROOMS)
async def room(
    request: pytest.FixtureRequest,
    start_room: StartRoom,
    seeded: dict[str, DatabaseSettings],
    redis_url: str,
    tmp_path: Path,
) -> AsyncIterator[RoomClient]:
    """Each subgraph over the demo shop's rows."""
    token_key, link_secret = tmp_path / "token-key.pem", tmp_path / "links.secret"
    token_key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    link_secret.write_text("a secret of enough bytes for one-time links")
    files = {"AUTH_TOKEN_KEY": str(token_key), "AUTH_LINK_SECRET": str(link_secret)}
    create_app = import_module(f"subgraphs.{request.param}.app").create_app
    async with start_room(
        request.param,
        create_app,
        database=seeded[request.param],
        redis=redis_url,
        variables={**_SETTINGS, **files, "CATALOG_CACHE": "off"},
    ) as client:
        yield client
