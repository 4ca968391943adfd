"""The client's half of graphql-transport-ws, for one subscription on one socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Protocol

import orjson

from router.executor.streams.protocol import StreamLimits, StreamRefused
from router.executor.transports.protocol import (
    Headers,
    SubgraphProtocolError,
    SubgraphTimeout,
    SubgraphUnreachable,
)

__all__ = ["SUBPROTOCOL", "Socket", "SocketClosed", "follow_on"]

SUBPROTOCOL = "graphql-transport-ws"
_ID = "1"
_GOING_AWAY_SECONDS = 1.0
_FORBIDDEN = (4401, 4403)


class SocketClosed(Exception):  # noqa: N818 - an event, not a fault
    """The peer closed the socket, or it broke."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Socket(Protocol):
    """A WebSocket of text messages; every method raises ``SocketClosed`` once it is closed."""

    async def send(self, text: str) -> None: ...

    async def receive(self) -> str | bytes: ...


async def follow_on(socket: Socket, body: bytes, headers: Headers, limits: StreamLimits) -> AsyncGenerator[bytes, None]:
    """The payloads of the ``next`` messages, as JSON, until ``complete``.

    ``headers`` go into the payload of ``connection_init`` too, where servers read identity that the upgrade of a
    browser could not carry. Raises as ``EventStreams.follow`` does; a message that the protocol does not have here is
    ``SubgraphProtocolError``.
    """
    try:
        await _handshake(socket, headers, limits.ack_timeout)
        await socket.send(f'{{"id":"{_ID}","type":"subscribe","payload":{body.decode()}}}')
        subscribed = True
        try:
            while True:
                message = await _message(socket)
                match message["type"]:
                    case "next" if _is_ours(message) and isinstance(message.get("payload"), dict):
                        yield orjson.dumps(message["payload"])
                    case "complete" if _is_ours(message):
                        subscribed = False
                        return
                    case "error" if _is_ours(message):
                        subscribed = False
                        raise StreamRefused(_errors(message.get("payload")))
                    case other:
                        raise SubgraphProtocolError(f"the subgraph sent an unexpected message of type {other!r:.50}")
        finally:
            if subscribed:
                await _say_complete(socket)
    except SocketClosed as closed:
        raise _closed(closed) from None


async def _handshake(socket: Socket, headers: Headers, seconds: float) -> None:
    payload = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    await socket.send(orjson.dumps({"type": "connection_init", "payload": payload}).decode())
    try:
        async with asyncio.timeout(seconds):
            message = await _message(socket)
    except TimeoutError:
        raise SubgraphTimeout("the subgraph did not acknowledge the connection in time") from None
    if message["type"] != "connection_ack":
        raise SubgraphProtocolError(f"the subgraph sent {message['type']!r:.50} instead of connection_ack")


async def _message(socket: Socket) -> dict[str, Any]:
    """The next message that is not about the connection itself."""
    while True:
        text = await socket.receive()
        try:
            message = orjson.loads(text) if isinstance(text, str) else None
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise SubgraphProtocolError("the subgraph sent something that is not a graphql-transport-ws message")
        if message["type"] == "ping":
            await socket.send('{"type":"pong"}')
        elif message["type"] != "pong":
            return message


async def _say_complete(socket: Socket) -> None:
    """Tell the peer to stop; one that does not listen any more is left alone."""
    try:
        async with asyncio.timeout(_GOING_AWAY_SECONDS):
            await socket.send(f'{{"id":"{_ID}","type":"complete"}}')
    except (SocketClosed, TimeoutError):
        pass


def _is_ours(message: dict[str, Any]) -> bool:
    return message.get("id") == _ID


def _errors(payload: Any) -> list[dict[str, Any]]:
    listed = payload if isinstance(payload, list) else [payload]
    errors = [error for error in listed if isinstance(error, dict)]
    if not errors:
        raise SubgraphProtocolError("the subgraph ended the stream with an error that says nothing")
    return errors


def _closed(closed: SocketClosed) -> Exception:
    if closed.code == 1009:
        return SubgraphProtocolError("an event is larger than is allowed")
    if closed.code in _FORBIDDEN:
        error = {"message": "The subgraph refused the connection.", "extensions": {"code": "FORBIDDEN"}}
        return StreamRefused([error])
    return SubgraphUnreachable(f"the connection closed before the stream was complete (code {closed.code})")
