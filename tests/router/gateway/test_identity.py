"""Client tokens, sessions, and the identity that subgraphs are sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from router.gateway.config import ConfigError, ForwardConfig, IdentityConfig
from router.gateway.identity import forwarding, tokens
from router.gateway.identity.keys import KeySet, KeysUnavailableError
from router.gateway.identity.tokens import InvalidTokenError, TokenVerifier

ED = ed25519.Ed25519PrivateKey.generate()
OTHER = ed25519.Ed25519PrivateKey.generate()
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def jwk_set(**keys: Any) -> str:
    algorithms = {"EdDSA": OKPAlgorithm, "ES256": ECAlgorithm, "RS256": RSAAlgorithm}
    found = []
    for kid, (algorithm, key) in keys.items():
        jwk = algorithms[algorithm].to_jwk(key.public_key(), as_dict=True)
        found.append({**jwk, "kid": kid, "alg": algorithm, "use": "sig"})
    return json.dumps({"keys": found})


ALL_KEYS = jwk_set(ed=("EdDSA", ED), ec=("ES256", EC), rsa=("RS256", RSA))


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {
        "iss": "issuer", "aud": "shop", "sub": "u-1", "sid": "s-1", "iat": now, "exp": now + 600,
        "kind": "user", "role": "ADMIN", "scopes": ["people:write", "admin"], **changes,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def token(key: Any = ED, algorithm: str = "EdDSA", kid: str | None = "ed", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm, headers={} if kid is None else {"kid": kid})


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "jwks.json"
    file.write_text(ALL_KEYS)
    return file


@pytest.fixture
def router_key(tmp_path: Path) -> tuple[Path, ed25519.Ed25519PrivateKey]:
    key = ed25519.Ed25519PrivateKey.generate()
    file = tmp_path / "router.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file, key


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Issuer:
    """A key source that counts how often it is asked."""

    text: str = ALL_KEYS
    asked: int = 0
    fails: bool = False
    clock: Clock = field(default_factory=Clock)

    async def __call__(self) -> bytes:
        self.asked += 1
        if self.fails:
            raise OSError("no route to host")
        return self.text.encode()

    def verifier(self, **settings: Any) -> TokenVerifier:
        config = IdentityConfig("issuer", "shop", jwks_url="http://unused.test", **settings)
        return TokenVerifier(config, KeySet(self, self.clock))


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(ED, "EdDSA", "ed"), (EC, "ES256", "ec"), (RSA, "RS256", "rsa")])
async def test_asymmetric_algorithms_are_accepted(key: Any, algorithm: str, kid: str) -> None:
    caller = await Issuer().verifier().verify(token(key, algorithm, kid).encode())
    assert (caller.subject, caller.kind, caller.role, caller.session) == ("u-1", "user", "ADMIN", "s-1")
    assert caller.scopes == {"people:write", "admin"}


async def test_scopes_may_be_one_text() -> None:
    caller = await Issuer().verifier().verify(token(scopes=None, scope="a b").encode())
    assert caller.scopes == {"a", "b"}


def unsigned() -> str:
    return jwt.encode(claims(), None, "none", headers={"kid": "ed"})


def signed_with_the_public_key_as_secret() -> str:
    secret = ED.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return jwt.encode(claims(), secret, "HS256", headers={"kid": "ed"})


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    "make",
    [
        unsigned,
        signed_with_the_public_key_as_secret,
        lambda: token(OTHER),
        lambda: token(kid=None),
        lambda: token(kid="unknown"),
        lambda: token(kid="rsa"),
        lambda: token(EC, "ES256", "rsa"),
        lambda: token(iss="another"),
        lambda: token(iss=None),
        lambda: token(aud="another"),
        lambda: token(aud=None),
        lambda: token(sub=None),
        lambda: token(exp=None),
        lambda: token(iat=None),
        lambda: token(iat=int(time.time()) + 60),
        lambda: token(nbf=int(time.time()) + 60),
        lambda: token(exp=int(time.time()) - 31),
        lambda: token()[:-4] + "AAAA",
        lambda: token() + "x" * 9000,
        lambda: "a.b.c",
        lambda: "",
        lambda: "\N{SNOWMAN}",
    ],
)
async def test_what_proves_nothing_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(InvalidTokenError):
        await Issuer().verifier().verify(make().encode())


async def test_clocks_may_differ_by_the_leeway() -> None:
    now = int(time.time())
    verifier = Issuer().verifier()
    assert await verifier.verify(token(exp=now - 20).encode())
    assert await verifier.verify(token(iat=now + 20).encode())


async def test_a_verified_token_is_remembered_until_it_expires() -> None:
    now = time.time()
    issuer = Issuer()
    config = IdentityConfig("issuer", "shop", jwks_url="http://unused.test")
    clock = Clock(now)
    verifier = tokens.TokenVerifier(config, KeySet(issuer, issuer.clock), clock)
    text = token(exp=int(now) + 60).encode()
    assert verifier.remembered(text) is None
    caller = await verifier.verify(text)
    assert verifier.remembered(text) is caller
    clock.now = now + 91
    with pytest.raises(InvalidTokenError, match="expired"):
        verifier.remembered(text)


async def test_an_unknown_key_makes_the_set_be_fetched_again_but_not_in_a_flood() -> None:
    issuer = Issuer(jwk_set(old=("EdDSA", ED)))
    verifier = issuer.verifier()
    await verifier.verify(token(kid="old").encode())
    for attempt in range(5):
        with pytest.raises(InvalidTokenError):
            await verifier.verify(token(kid=f"invented-{attempt}").encode())
    assert issuer.asked == 1
    issuer.text = jwk_set(new=("EdDSA", OTHER))
    issuer.clock.now += 11
    assert await verifier.verify(token(OTHER, kid="new").encode())
    assert issuer.asked == 2
    with pytest.raises(InvalidTokenError):
        await verifier.verify(token(kid="old").encode())


async def test_a_changed_key_set_forgets_verified_tokens(key_file: Path) -> None:
    clock = Clock()
    verifier = TokenVerifier(IdentityConfig("issuer", "shop", jwks_file=key_file))
    verifier.keys._clock = clock
    text = token().encode()
    await verifier.verify(text)
    key_file.write_text(jwk_set(other=("EdDSA", OTHER)))  # noqa: ASYNC240 - a few bytes
    clock.now += 11
    await verifier.keys.refresh()
    assert verifier.remembered(text) is None


async def test_old_keys_serve_while_the_issuer_is_away() -> None:
    issuer = Issuer()
    verifier = issuer.verifier()
    await verifier.verify(token().encode())
    issuer.fails = True
    issuer.clock.now += 400
    assert await verifier.verify(token(sub="u-2").encode())
    await verifier.keys.close()


async def test_without_any_key_set_nobody_is_refused_for_good() -> None:
    issuer = Issuer(fails=True)
    with pytest.raises(KeysUnavailableError):
        await issuer.verifier().verify(token().encode())


@pytest.mark.parametrize("text", ["[]", "{}", "x", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AA", "kid": "a"}]}'])
async def test_what_is_no_usable_key_set(text: str) -> None:
    with pytest.raises((KeysUnavailableError, InvalidTokenError)):
        await Issuer(text).verifier().verify(token().encode())


async def ask(client: Any, query: str, authorization: str | None) -> Any:
    headers = {} if authorization is None else {"authorization": authorization}
    return await client.post("/graphql", json={"query": query}, headers=headers)


async def test_tokens_over_http(serve: Any, village: Any, key_file: Path) -> None:
    async with serve(identity=IdentityConfig("issuer", "shop", jwks_file=key_file)) as client:
        anonymous = await ask(client, "{ person(id: 1) { email } }", None)
        assert anonymous.json()["data"] == {"person": {"email": None}}
        known = await ask(client, "{ person(id: 1) { email } }", f"bearer {token()}")
        assert known.json() == {"data": {"person": {"email": "ada@example.org"}}}
        village.people.requests.clear()
        village.notes.requests.clear()
        for wrong in (token(exp=1), "x", ""):
            refused = await ask(client, "{ hello }", f"Bearer {wrong}")
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith('Bearer realm="graphql", error="invalid_token"')
            assert refused.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert (await ask(client, "{ hello }", "Basic dTpw")).status_code == 401
    assert village.asked == 0


async def test_without_configuration_credentials_are_not_looked_at_and_not_passed_on(client: Any, village: Any) -> None:
    response = await ask(client, "{ headers }", "Bearer anything")
    assert response.status_code == 200
    assert "authorization" not in response.json()["data"]["headers"]


async def test_subgraphs_are_sent_a_token_of_the_router(serve: Any, key_file: Path, router_key: Any) -> None:
    file, key = router_key
    config = IdentityConfig("issuer", "shop", jwks_file=key_file, forward=ForwardConfig(file))
    async with serve(identity=config) as client:
        mine = token()
        first = (await ask(client, "{ headers }", f"Bearer {mine}")).json()["data"]["headers"]["authorization"]
        again = (await ask(client, "{ headers }", f"Bearer {mine}")).json()["data"]["headers"]["authorization"]
        anonymous = (await ask(client, "{ headers }", None)).json()["data"]["headers"]
    assert first == again
    assert "authorization" not in anonymous
    text = first.removeprefix("Bearer ")
    assert text != mine
    assert jwt.get_unverified_header(text) == {"alg": "EdDSA", "kid": "router", "typ": "JWT"}
    told = jwt.decode(text, key.public_key(), ["EdDSA"], audience="stoa-subgraphs", issuer="router")
    assert told["exp"] - told["iat"] <= 60
    assert {name: told[name] for name in ("sub", "kind", "role", "scopes", "sid")} == {
        "sub": "u-1", "kind": "user", "role": "ADMIN", "scopes": ["admin", "people:write"], "sid": "s-1",
    }  # fmt: skip


async def test_a_forwarded_token_is_renewed_long_before_it_expires(router_key: Any) -> None:
    file, key = router_key
    clock = Clock(float(int(time.time())))
    forwarder = forwarding.Forwarder(ForwardConfig(file), clock)
    caller = await Issuer().verifier().verify(token().encode())
    first = forwarder.authorization(caller)
    clock.now += 19
    assert forwarder.authorization(caller) == first
    clock.now += 2
    second = forwarder.authorization(caller)
    decoded = jwt.decode(
        second[7:], key.public_key(), ["EdDSA"], audience="stoa-subgraphs", options={"verify_iat": False}
    )
    assert decoded["exp"] == clock.now + 60


def test_forward_keys_may_be_jwk_and_must_be_ed25519(tmp_path: Path) -> None:
    file = tmp_path / "key"
    jwk = OKPAlgorithm.to_jwk(ED, as_dict=True)
    file.write_text(json.dumps({**jwk, "alg": "EdDSA"}))
    forwarding.Forwarder(ForwardConfig(file))
    for text in ("", "{}", "no key", json.dumps(OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True))):
        file.write_text(text)
        with pytest.raises(ConfigError, match=r"identity\.forward\.key_file"):
            forwarding.Forwarder(ForwardConfig(file))
    with pytest.raises(ConfigError, match="cannot be read"):
        forwarding.Forwarder(ForwardConfig(tmp_path / "absent"))
