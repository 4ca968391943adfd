"""Keys of access tokens are replaced under way: auth signs, a router verifies, and no token of the time is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ops.local.client_keys import ACCEPTED_AFTER, PUBLISHED_AHEAD, client_keys, rotate_client_keys
from ops.local.errors import StartError
from ops.local.secrets import Keys, keys
from router.gateway.config import IdentityConfig
from router.gateway.identity.keys import KeySet, key_source
from router.gateway.identity.tokens import InvalidTokenError, TokenVerifier
from subgraphs.auth import keyring
from subgraphs.auth.keyring import KeyFile
from subgraphs.auth.tokens import AUDIENCE, ISSUER, AccessTokens

ROOT = Path(__file__).parents[3]


class Clock:
    """One time for the operator's desk, auth and the router."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("ops.local.client_keys.time.time", made)
    monkeypatch.setattr(keyring, "_LOOK_EVERY_SECONDS", 0)
    return made


class Parties:
    """auth, and a router that has fetched the public keys some time ago."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.private, self.public = directory / "private.json", directory / "public.json"
        client_keys(self.private, self.public)
        self.auth = AccessTokens(KeyFile(self.private, clock))
        identity = IdentityConfig(ISSUER, AUDIENCE, jwks_file=self.public)
        self.keys = KeySet(key_source(identity), clock)
        self.router = TokenVerifier(identity, self.keys)

    def token(self) -> str:
        return self.auth.issue(subject=uuid4(), session_id=uuid4(), kind="user", role="CUSTOMER", scopes=())

    async def accepted(self, token: str) -> bool:
        try:
            return (await self.router.verify(token.encode())) is not None
        except InvalidTokenError:
            return False


@pytest.fixture
def parties(tmp_path: Path, clock: Clock) -> Parties:
    return Parties(tmp_path, clock)


async def test_tokens_of_both_keys_are_accepted_while_one_takes_over(parties: Parties, clock: Clock) -> None:
    """Every minute for half an hour, a token is made; each is accepted then and as long as its key is."""
    first = parties.token()
    assert await parties.accepted(first)
    rotate_client_keys(parties.private, parties.public, at_once=False)
    kids = []
    for minute in range(30):
        clock.now += 60
        token = parties.token()
        assert await parties.accepted(token), minute
        kids.append(_kid(token))
        if (minute + 1) * 60 < PUBLISHED_AHEAD + ACCEPTED_AFTER:
            assert await parties.accepted(first), minute
    assert kids == [_kid(first)] * 9 + [kids[-1]] * 21
    assert [key["kid"] for key in parties.auth.jwks["keys"]] == [kids[-1]]
    rotate_client_keys(parties.private, parties.public, at_once=False, older_than=3600)
    assert [key["kid"] for key in json.loads(parties.public.read_text())["keys"]] == [kids[-1]]
    clock.now += 300
    await parties.keys.refresh()
    assert not await parties.accepted(first), "the retired key is forgotten"


async def test_a_key_that_somebody_has_is_accepted_no_more(parties: Parties, clock: Clock) -> None:
    stolen = parties.token()
    assert await parties.accepted(stolen)
    rotate_client_keys(parties.private, parties.public, at_once=True)
    clock.now += 11  # a router looks for an unknown key at most every ten seconds
    fresh = parties.token()
    assert _kid(fresh) != _kid(stolen)
    assert await parties.accepted(fresh)
    assert not await parties.accepted(stolen)


def test_a_young_key_stays_when_a_timer_asks(parties: Parties, clock: Clock) -> None:
    rotate_client_keys(parties.private, parties.public, at_once=False)
    before = parties.private.read_text()
    clock.now += 29 * 86_400
    assert rotate_client_keys(parties.private, parties.public, at_once=False, older_than=30 * 86_400) is None
    clock.now += 2 * 86_400
    assert rotate_client_keys(parties.private, parties.public, at_once=False, older_than=30 * 86_400)
    assert parties.private.read_text() != before


def test_private_halves_stay_private(parties: Parties) -> None:
    rotate_client_keys(parties.private, parties.public, at_once=False)
    assert all(
        set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in json.loads(parties.public.read_text())["keys"]
    )
    assert parties.private.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "OKP"}]}', "[1]"])
def test_a_broken_set_is_one_clear_sentence(parties: Parties, content: str) -> None:
    kid = _kid(parties.token())
    parties.private.write_text(content)
    with pytest.raises(StartError, match="no set of private keys"):
        rotate_client_keys(parties.private, parties.public, at_once=False)
    assert _kid(parties.token()) == kid, "auth signs with what it had"


def test_the_command_replaces_the_key_of_a_deployment(tmp_path: Path) -> None:
    made: Keys = keys(tmp_path / "keys")
    run: Callable[..., Any] = subprocess.run
    done = run(
        [sys.executable, "-m", "ops", "keys", "rotate", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(json.loads(made.clients.read_text())["keys"]) == 2
    again = keys(tmp_path / "keys")
    assert len(json.loads(again.clients.read_text())["keys"]) == 2


def _kid(token: str) -> str:
    import jwt

    return str(jwt.get_unverified_header(token)["kid"])
