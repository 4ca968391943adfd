"""What the executor needs of a way to follow a subgraph's events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from router.executor.transports.protocol import Headers, TransportError

__all__ = ["EventStreams", "StreamLimits", "StreamRefused"]


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Bounds of one stream."""

    connect_timeout: float = 5.0
    """Seconds to establish a connection."""
    ack_timeout: float = 5.0
    """Seconds in which the subgraph acknowledges ``connection_init``, or answers the request for a stream."""
    keep_alive: float = 20.0
    """Seconds between pings on a WebSocket, and for each pong to come."""
    max_event_bytes: int = 2 * 1024 * 1024


class StreamRefused(TransportError):  # noqa: N818 - named for what the subgraph did
    """The subgraph answered with GraphQL errors instead of events, or ended its stream with them."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("the subgraph ended the stream with errors")
        self.errors = errors


class EventStreams(Protocol):
    """One subgraph's events. Implementations are used by many subscriptions at the same time."""

    def follow(self, body: bytes, headers: Headers) -> AsyncGenerator[bytes, None]:
        """The GraphQL responses that follow the subscription in ``body``, a GraphQL request as JSON: the router's
        source stream (GraphQL spec §6.2.3.1).

        It ends when the subgraph completes the stream; closing it tells the subgraph to stop. Raises
        ``TransportError``: ``StreamRefused``, ``SubgraphUnreachable``, ``SubgraphProtocolError``, ``SubgraphTimeout``.
        An event is asked for only when the one before was taken: whoever does not take holds the subgraph back.
        """
