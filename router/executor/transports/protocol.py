"""What the executor needs of a way to reach a subgraph: bytes out, bytes back, or one of two exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

__all__ = [
    "FIXED_HEADERS",
    "Headers",
    "SubgraphProtocolError",
    "SubgraphResponse",
    "SubgraphTimeout",
    "SubgraphTransport",
    "SubgraphUnreachable",
    "TransportError",
]

Headers = Sequence[tuple[bytes, bytes]]

FIXED_HEADERS: Headers = (
    (b"content-type", b"application/json"),
    (b"accept", b"application/json, application/graphql-response+json"),
    (b"user-agent", b"stoa"),
)
"""Sent with every request, whatever the transport; ``host`` and ``content-length`` come on top."""


class SubgraphResponse(NamedTuple):
    """An HTTP answer, complete; nothing is said about what its body holds."""

    status: int
    content_type: str
    body: bytes


class TransportError(Exception):
    """No complete answer came. The message says what happened and is fit for operators, not for clients."""


class SubgraphUnreachable(TransportError):  # noqa: N818 - named for what the subgraph is
    """No connection, or it ended before the answer was complete."""


class SubgraphProtocolError(SubgraphUnreachable):
    """What came is not an acceptable HTTP answer: not HTTP/1, an upgrade, or too large."""


class SubgraphTimeout(TransportError):  # noqa: N818 - named for what happened to it
    """The answer was not complete in time."""


class SubgraphTransport(Protocol):
    """One subgraph endpoint. Implementations are used by many requests at the same time."""

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109 - part of the protocol
        """POST ``body`` with the fixed headers and ``headers``, which hold neither ``host`` nor ``content-length``.

        Raises ``SubgraphUnreachable`` or ``SubgraphTimeout``; ``timeout`` counts in seconds and covers connecting too.
        Cancelling the call gives up the exchange.
        """

    async def aclose(self) -> None:
        """Close what is open; calls in flight fail with ``SubgraphUnreachable``."""
