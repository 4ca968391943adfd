"""The keys of access tokens: made once, and replaced so that no token is ever refused for it.

The private set (``auth-clients.jwks.json``) is auth's, which reads it again when it changes; the public one
(``auth.jwks.json``) is what a router on this machine reads. A new key is published at once and signs ten minutes later,
when every router has fetched it; the old one is accepted for as long again as its last tokens live.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from ops.local.errors import StartError
from ops.local.files import write_private

__all__ = ["client_keys", "rotate_client_keys"]

PUBLISHED_AHEAD: Final = 600  # routers renew their copy after five minutes
ACCEPTED_AFTER: Final = 660  # an access token lives ten minutes, and clocks may differ by half of one
_PUBLIC: Final = ("kty", "crv", "x", "kid", "use", "alg")


def client_keys(private: Path, public: Path) -> None:
    """Make the first key if there is none, and write the public set anew without what is retired."""
    keys = _read(private) if private.exists() else [_new_key(signs_from=0)]
    _write(private, public, _without_retired(keys, time.time()))


def rotate_client_keys(private: Path, public: Path, *, at_once: bool, older_than: float = 0) -> str | None:
    """Add a key that takes over; answers its name, None when the newest key is not as old as that yet (in seconds).

    ``at_once`` is for a key that somebody else has: the new one signs now, the others are accepted no more, and clients
    refresh their tokens.
    """
    now = time.time()
    keys = _without_retired(_read(private), now)
    newest = max(keys, key=_signs_from)
    if not at_once and now - _signs_from(newest) < older_than:
        _write(private, public, keys)
        return None
    signs_from = now if at_once else now + PUBLISHED_AHEAD
    retires_at = now if at_once else signs_from + ACCEPTED_AFTER
    former = [{**key, "retires_at": min(int(retires_at), key.get("retires_at", int(retires_at)))} for key in keys]
    made = _new_key(signs_from=int(signs_from))
    _write(private, public, _without_retired([made, *former], now))
    return str(made["kid"])


def _new_key(*, signs_from: int) -> dict[str, Any]:
    jwk: dict[str, Any] = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    return {**jwk, "kid": jwk["x"][:16], "use": "sig", "alg": "EdDSA", "signs_from": signs_from}


def _signs_from(key: Mapping[str, Any]) -> float:
    return float(key.get("signs_from", 0))


def _without_retired(keys: list[dict[str, Any]], now: float) -> list[dict[str, Any]]:
    return [key for key in keys if key.get("retires_at", float("inf")) > now]


def _read(private: Path) -> list[dict[str, Any]]:
    try:
        keys: list[dict[str, Any]] = json.loads(private.read_text())["keys"]
        usable = bool(keys) and all("d" in key for key in keys)
    except (OSError, ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        raise StartError(f"{private} is no set of private keys. Remove it, and a new one is made.")
    return keys


def _write(private: Path, public: Path, keys: list[dict[str, Any]]) -> None:
    """The public set first: a key must not sign before it can be found."""
    published = [{name: key[name] for name in _PUBLIC if name in key} for key in keys]
    partial = public.with_suffix(".partial")
    partial.write_text(json.dumps({"keys": published}, indent=2))
    partial.replace(public)
    write_private(private, json.dumps({"keys": keys}, indent=2))
