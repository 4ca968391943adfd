"""Adapter to HMAC: one-time tokens and the links that carry them.

A token is ``HMAC(secret, purpose, token id)``, so nothing that could be replayed has to be kept or sent between
services: events carry the id alone, the database a hash of the token, and only who holds the secret can make the token
of an id. The token stands in the link's fragment, which browsers send to no server and write to no log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from subgraphs.auth.domain import LinkKind, OpaqueToken, token_digest
from subgraphs.kernel.settings import SettingsError

DEFAULT_SHOP_URL: Final = "http://127.0.0.1:4000"
_SECRET_MIN_BYTES: Final = 32
_PATHS: Final = {
    LinkKind.VERIFY_EMAIL: "verify-email",
    LinkKind.RESET_PASSWORD: "reset-password",
    LinkKind.CHANGE_EMAIL: "confirm-email-change",
}


class Links:
    """Makes the token of an id, and its link into the shop's pages at ``shop_url``."""

    def __init__(self, secret: bytes, shop_url: str = DEFAULT_SHOP_URL) -> None:
        if len(secret) < _SECRET_MIN_BYTES:
            raise ValueError(f"a secret of at least {_SECRET_MIN_BYTES} bytes is needed")
        self._secret = secret
        self._shop_url = shop_url.rstrip("/")

    @classmethod
    def from_file(cls, path: Path, shop_url: str) -> Links:
        """Read the secret; raises SettingsError when it is too short, or the URL is none."""
        if urlsplit(shop_url).scheme not in ("http", "https"):
            raise SettingsError(f"AUTH_SHOP_URL must be the http(s) address of the shop's pages, not {shop_url!r}.")
        try:
            return cls(path.read_bytes().strip(), shop_url)
        except (OSError, ValueError) as error:
            raise SettingsError(f"AUTH_LINK_SECRET: {path} holds no usable secret ({error}).") from error

    def token(self, kind: LinkKind, token_id: UUID) -> OpaqueToken:
        """The one token of this id for this purpose; the same at every call."""
        mac = hmac.new(self._secret, f"{kind.value}:{token_id}".encode(), hashlib.sha256).digest()
        value = f"stoa_{kind.value[0]}_{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        return OpaqueToken(value, token_digest(value))

    def url(self, kind: LinkKind, token_id: UUID) -> str:
        """The link that goes into the mail."""
        return f"{self._shop_url}/{_PATHS[kind]}#token={self.token(kind, token_id).value}"
