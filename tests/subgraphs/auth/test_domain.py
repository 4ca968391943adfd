"""Rules of auth, without a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest

from subgraphs.auth import domain
from subgraphs.auth.domain import Role
from subgraphs.auth.passwords import Passwords
from subgraphs.auth.tokens import AccessTokens
from subgraphs.kernel.identity import generate_key, private_jwk
from subgraphs.kernel.settings import SettingsError


def test_every_role_has_known_scopes_and_only_admin_has_all() -> None:
    assert set(domain.SCOPES_BY_ROLE) == set(Role)
    for role, scopes in domain.SCOPES_BY_ROLE.items():
        assert set(scopes) <= set(domain.SCOPES)
        assert (set(scopes) == set(domain.SCOPES)) is (role is Role.ADMIN)


def test_addresses_are_trimmed_and_composed() -> None:
    assert domain.canonical_email("  cafe\u0301@Example.COM ", path=[]) == "café@example.com"


def test_tokens_are_long_random_and_hashed() -> None:
    tokens = [domain.mint_token("p_") for _ in range(100)]
    assert len({token.value for token in tokens}) == 100
    assert all(len(token.value) == 2 + 43 and len(token.digest) == 64 for token in tokens)
    assert domain.token_digest(tokens[0].value) == tokens[0].digest


def test_a_refresh_token_slides_but_not_beyond_its_session() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert domain.refresh_expiry(now, now + timedelta(days=90)) == now + timedelta(days=30)
    assert domain.refresh_expiry(now, now + timedelta(days=3)) == now + timedelta(days=3)


async def test_passwords_are_salted_argon2id() -> None:
    cheap = Passwords(time_cost=1, memory_kib=64)
    first, second = await cheap.hash("päss\ud800word"), await cheap.hash("päss\ud800word")
    assert first != second
    assert first.startswith("$argon2id$")
    assert (await cheap.verify(first, "päss\ud800word")).correct
    for stored in (first, None, "not a hash", "$argon2id$broken"):
        assert not (await cheap.verify(stored, "wrong")).correct
    assert not (await cheap.verify(None, "no account has this password")).correct
    cheap.close()


def test_keys_overlap_while_they_are_changed(tmp_path: Path) -> None:
    old, new = private_jwk("old", generate_key()), private_jwk("new", generate_key())
    single, both = tmp_path / "old.json", tmp_path / "both.json"
    single.write_text(json.dumps(old))
    both.write_text(json.dumps({"keys": [new, old]}))
    before, after = AccessTokens.from_file(single), AccessTokens.from_file(both)
    guest, session = uuid4(), uuid4()
    token = before.issue(subject=guest, session_id=session, kind="guest", role=None, scopes=())
    claim = after.read_guest(token)
    assert claim is not None
    assert (claim.guest_id, claim.session_id) == (guest, session)
    assert [key["kid"] for key in after.jwks["keys"]] == ["new", "old"]
    assert all("d" not in key for key in after.jwks["keys"])
    issued = after.issue(subject=guest, session_id=session, kind="user", role="CUSTOMER", scopes=())
    assert jwt.get_unverified_header(issued)["kid"] == "new"
    assert after.read_guest(issued) is None
    assert after.read_guest("nonsense") is None
    stranger = AccessTokens.from_file(_key_file(tmp_path, "old"))
    assert stranger.read_guest(token) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"not a key", b'{"keys": []}'])
def test_a_broken_key_file_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="AUTH_TOKEN_KEY"):
        AccessTokens.from_file(path)


def _key_file(directory: Path, kid: str) -> Path:
    path = directory / "stranger.json"
    path.write_text(json.dumps(private_jwk(kid, generate_key())))
    return path
