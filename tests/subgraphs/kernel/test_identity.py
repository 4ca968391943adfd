"""Forwarded identities: what is believed and what is refused."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from subgraphs.kernel.identity import (
    ANONYMOUS,
    IdentityVerifier,
    InvalidIdentity,
    Principal,
    ServiceSigner,
    generate_key,
    load_private_key,
    sign_identity,
)
from subgraphs.kernel.refusals import Forbidden

ROUTER, ORDER = generate_key(), generate_key()
USER = uuid4()


@pytest.fixture
def verifier() -> IdentityVerifier:
    return IdentityVerifier({"router": ROUTER.public_key(), "order": ORDER.public_key()})


def token(key: Ed25519PrivateKey = ROUTER, **claims: Any) -> str:
    return "Bearer " + sign_identity(key, {"sub": str(USER), "kind": "user", **claims})


def test_the_router_speaks_for_users_and_guests(verifier: IdentityVerifier) -> None:
    principal = verifier.verify(token(scopes=["orders:read"], role="SUPPORT", sid="s"))
    assert principal == Principal("user", USER, frozenset({"orders:read"}), "SUPPORT", "s")
    assert verifier.verify(token(kind="guest")).kind == "guest"
    assert verifier.verify(None) is ANONYMOUS


def test_services_speak_for_themselves(verifier: IdentityVerifier) -> None:
    principal = verifier.verify(ServiceSigner("order", ORDER).authorization())
    assert (principal.kind, principal.service, principal.user_id) == ("service", "order", None)


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("Basic abc", id="not bearer"),
        pytest.param("Bearer ", id="empty"),
        pytest.param("Bearer nonsense", id="no token"),
        pytest.param(token(aud="elsewhere"), id="for others"),
        pytest.param(token(exp=int(time.time()) - 100), id="expired"),
        pytest.param(token(iss="order"), id="signed by the router's key, claims to be order"),
        pytest.param(token(ORDER, iss="order"), id="a service asserts a user"),
        pytest.param(token(ORDER), id="claims to be the router"),
        pytest.param(token(generate_key(), iss="payment"), id="unknown issuer"),
        pytest.param(token(kind="service"), id="the router asserts a service"),
        pytest.param(token(kind="root"), id="unknown kind"),
        pytest.param(token(sub="not a uuid"), id="subject is no id"),
        pytest.param(
            "Bearer " + jwt.encode({"iss": "router", "aud": "stoa-subgraphs"}, None, algorithm="none"), id="unsigned"
        ),
    ],
)
def test_anything_else_is_refused(verifier: IdentityVerifier, authorization: str) -> None:
    with pytest.raises(InvalidIdentity):
        verifier.verify(authorization)


def test_a_public_key_is_no_shared_secret(verifier: IdentityVerifier) -> None:
    secret = ROUTER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    claims = {"iss": "router", "aud": "stoa-subgraphs", "exp": time.time() + 60, "sub": str(USER), "kind": "user"}
    forged = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "router"})
    with pytest.raises(InvalidIdentity):
        verifier.verify(f"Bearer {forged}")


def test_a_remembered_token_expires(verifier: IdentityVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    authorization = token()
    assert verifier.verify(authorization) is verifier.verify(authorization)
    now = time.time()
    first = verifier.verify(authorization)
    monkeypatch.setattr("subgraphs.kernel.identity.time.time", lambda: now + 61)
    assert verifier.verify(authorization) is not first  # checked anew, though still within the clock's leeway


def test_owner_or_scope() -> None:
    owner, staff = Principal("user", USER), Principal("user", UUID(int=1), frozenset({"users:read"}))
    assert owner.owns(str(USER))
    owner.require(USER, "users:read")
    staff.require(USER, "users:read")
    with pytest.raises(Forbidden):
        Principal("user", UUID(int=1)).require(USER, "users:read")
    with pytest.raises(Forbidden) as refused:
        ANONYMOUS.required_user()
    assert refused.value.code == "UNAUTHENTICATED"
    assert not ANONYMOUS.owns(None)


def test_keys_are_read_from_pem_too() -> None:
    pem = ROUTER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert load_private_key(pem).public_key() == ROUTER.public_key()
    with pytest.raises((ValueError, TypeError)):
        load_private_key(b"junk")
