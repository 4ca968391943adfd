"""The record of who calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANONYMOUS", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as a verified token says; made once per token."""

    subject: str | None
    kind: str | None = None
    role: str | None = None
    scopes: frozenset[str] = frozenset()
    session: str | None = None
    expires: float = 0.0
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def is_authenticated(self) -> bool:
        """Whether a token was verified."""
        return self.subject is not None


ANONYMOUS = Caller(subject=None)


def caller_of_claims(claims: Mapping[str, Any]) -> Caller:
    """The caller a verified token names. Scopes stand in ``scopes`` (a list) or ``scope`` (RFC 8693, one text)."""
    return Caller(
        subject=str(claims["sub"]),
        kind=_text(claims.get("kind")),
        role=_text(claims.get("role")),
        scopes=_scopes(claims),
        session=_text(claims.get("sid")),
        expires=float(claims["exp"]),
        claims=MappingProxyType(dict(claims)),
    )


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    listed = claims.get("scopes")
    if isinstance(listed, list):
        return frozenset(scope for scope in listed if isinstance(scope, str))
    spaced = claims.get("scope")
    return frozenset(spaced.split()) if isinstance(spaced, str) else frozenset()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
