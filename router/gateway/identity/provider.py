"""What the stages ask about callers, and the provider of a router that knows nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from router.gateway.config import IdentityConfig
from router.gateway.identity.caller import ANONYMOUS, Caller

__all__ = ["Identity", "NobodyKnown", "identity_provider"]


class Identity(Protocol):
    """Who calls, and what subgraphs are told of it."""

    @property
    def is_configured(self) -> bool:
        """Whether ``Authorization`` headers are looked at."""

    async def start(self) -> None:
        """Get ready; called once before the first request."""

    async def identify(self, authorization: bytes) -> Caller:
        """The caller that the ``Authorization`` header proves; raises ``RequestError`` (401 or 503)."""

    async def lapsed(self, callers: Sequence[Caller]) -> list[str | None]:
        """For each caller identified before: why it may not go on, ``None`` when it may.

        Raises ``RequestError`` (503) when that cannot be found out.
        """

    def authorization(self, caller: Caller) -> bytes | None:
        """The ``Authorization`` header for subgraphs, ``None`` when they are told nothing."""

    async def readiness(self) -> dict[str, bool]:
        """Each thing that identity needs and whether it is there."""

    async def close(self) -> None:
        """Close connections."""


class NobodyKnown:
    """Everybody is anonymous."""

    is_configured = False

    async def start(self) -> None:
        """Nothing to get ready."""

    async def identify(self, authorization: bytes) -> Caller:
        """Whatever the header says."""
        return ANONYMOUS

    async def lapsed(self, callers: Sequence[Caller]) -> list[str | None]:
        """Nobody proves anything that could end."""
        return [None] * len(callers)

    def authorization(self, caller: Caller) -> None:
        """Subgraphs are told nothing."""

    async def readiness(self) -> dict[str, bool]:
        """Nothing is needed."""
        return {}

    async def close(self) -> None:
        """Nothing to close."""


def identity_provider(config: IdentityConfig | None) -> Identity:
    """The provider as configured; raises ``ConfigError``."""
    if config is None:
        return NobodyKnown()
    # Imported when it is needed: cryptography, redis and httpx take longer to import than the rest of the router.
    from router.gateway.identity.service import TokenIdentity

    return TokenIdentity(config)
