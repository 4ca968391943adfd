"""What a local stack keeps secret: passwords of database roles and signing keys, made once, for their owner only.

Key files are PEM (PKCS 8, Ed25519), but for the set that signs access tokens (`client_keys`). ``trusted.jwks.json``
names the issuers whose tokens a subgraph accepts (the router and the services), ``auth.jwks.json`` what the router
accepts from clients.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from ops.local.client_keys import client_keys
from ops.local.errors import StartError
from ops.local.files import write_private
from ops.rooms import ROOMS

__all__ = ["Keys", "Passwords", "keys"]


class Passwords:
    """Passwords by role, in one file, made when first asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as error:
            raise StartError(f"{path} is not readable as JSON. Restore it, or start on another --data.") from error

    def of(self, role: str) -> str:
        if role not in self._known:
            self._known[role] = secrets.token_urlsafe(24)
            write_private(self._path, json.dumps(self._known, indent=2, sort_keys=True))
        return self._known[role]


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the signing keys of one stack are."""

    directory: Path

    def private(self, issuer: str) -> Path:
        """The private key of ``router`` or a service."""
        return self.directory / f"{issuer}.pem"

    @property
    def links(self) -> Path:
        """The secret that auth makes one-time links from."""
        return self.directory / "auth-links.secret"

    @property
    def trusted(self) -> Path:
        return self.directory / "trusted.jwks.json"

    @property
    def client_signing(self) -> Path:
        """The private keys of access tokens."""
        return self.directory / "auth-clients.jwks.json"

    @property
    def clients(self) -> Path:
        return self.directory / "auth.jwks.json"


def keys(directory: Path) -> Keys:
    """The keys in ``directory``; missing ones are made, and the public sets are written anew."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Keys(directory)
    if not made.links.exists():
        write_private(made.links, secrets.token_urlsafe(48))
    trusted = [_public_jwk(made.private(issuer), issuer) for issuer in ("router", *ROOMS)]
    made.trusted.write_text(json.dumps({"keys": trusted}, indent=2))
    client_keys(made.client_signing, made.clients)
    return made


def _public_jwk(path: Path, kid: str) -> dict[str, str]:
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, pem.decode())
    private = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise StartError(f"{path} holds no Ed25519 key. Remove it and a new one is made.")
    jwk: dict[str, str] = json.loads(OKPAlgorithm.to_jwk(private.public_key()))
    return {**jwk, "use": "sig", "alg": "EdDSA", "kid": kid}
