"""The six subgraphs over the demo shop's rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from subgraphs.kernel.identity import generate_key
from subgraphs.kernel.settings import ROOMS
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.rooms import RoomClient, StartRoom

_SETTINGS = {"AUTH_SHOP_URL": "https://shop.example.com"}


@pytest.fixture(params=ROOMS)
async def room(
    request: pytest.FixtureRequest,
    start_room: StartRoom,
    demo_database: RoomDatabases,
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
        database=demo_database(request.param),
        redis=redis_url,
        variables={**_SETTINGS, **files, "CATALOG_CACHE": "off"},
    ) as client:
        yield client
