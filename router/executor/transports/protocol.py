"""What the executor needs of a way to reach a subgraph: bytes out, bytes back, or one of two exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

__all__ = [
    "FIXED_HEADERS",
    "EncodedHeaders",
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
    (b"accept-encoding", b"identity"),
    (b"user-agent", b"stoa"),
)
"""Sent with every request, whatever the transport; ``host`` and ``content-length`` come on top."""


def encode_headers(headers: Headers) -> bytes:
    """Header lines; raises ValueError when one would end early."""
    block = b"".join([b"%b: %b\r\n" % header for header in headers])
    if block.count(b"\n") != len(headers) or block.count(b"\r") != len(headers):
        raise ValueError("a header holds a line break")
    return block


class EncodedHeaders(tuple[tuple[bytes, bytes], ...]):
    """Headers that are sent several times and written out once."""

    _block: bytes | None = None

    @property
    def block(self) -> bytes:
        """What ``encode_headers`` makes of them."""
        if self._block is None:
            self._block = encode_headers(self)
        return self._block


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
