"""A subgraph's events as server-sent events over HTTP: one request per stream (graphql-sse, distinct connections)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import orjson

from router.executor.streams.protocol import StreamLimits, StreamRefused
from router.executor.transports.protocol import (
    Headers,
    SubgraphProtocolError,
    SubgraphTimeout,
    SubgraphUnreachable,
)

__all__ = ["SseStreams"]

_REQUEST_HEADERS = ((b"content-type", b"application/json"), (b"accept", b"text/event-stream"), (b"user-agent", b"stoa"))
_KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, option, value)
        for option, value in (
            (getattr(socket, "TCP_KEEPIDLE", None), 20),
            (getattr(socket, "TCP_KEEPINTVL", None), 10),
            (getattr(socket, "TCP_KEEPCNT", None), 3),
        )
        if option is not None
    ),
]
"""How a peer that vanished is noticed: servers are free to send nothing between events."""


class SseStreams:
    """POSTs the subscription to ``url`` (http, https or http+unix) on a connection of its own per stream.

    Raises ``ValueError`` for another URL.
    """

    def __init__(self, url: str, *, limits: StreamLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "http+unix") or not parts.netloc:
            raise ValueError(f"not an http, https or http+unix URL: {url}")
        self._limits = limits or StreamLimits()
        self._tls = tls
        self._unix_path = unquote(parts.netloc) if parts.scheme == "http+unix" else None
        self.url = url
        if self._unix_path is not None:
            self.url = urlunsplit(("http", "localhost", parts.path or "/", parts.query, ""))

    async def follow(self, body: bytes, headers: Headers) -> AsyncGenerator[bytes, None]:
        async with self._answer(body, headers) as response:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise await _refusal(response, self._limits.max_event_bytes)
            try:
                async for name, data in _events(response, self._limits.max_event_bytes):
                    if name == "complete":
                        return
                    if name == "next":
                        yield data
            except httpx.HTTPError as error:
                raise SubgraphUnreachable("the connection closed before the stream was complete") from error
            raise SubgraphUnreachable("the stream ended without being complete")

    @asynccontextmanager
    async def _answer(self, body: bytes, headers: Headers) -> AsyncIterator[httpx.Response]:
        limits = self._limits
        transport = httpx.AsyncHTTPTransport(
            verify=self._tls or ssl.create_default_context() if self.url.startswith("https") else False,
            uds=self._unix_path,
            socket_options=None if self._unix_path is not None else _KEEP_ALIVE,
            trust_env=False,
        )
        timeout = httpx.Timeout(None, connect=limits.connect_timeout)
        async with httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client:
            request = client.build_request("POST", self.url, content=body, headers=[*_REQUEST_HEADERS, *headers])
            try:
                async with asyncio.timeout(limits.connect_timeout + limits.ack_timeout):
                    response = await client.send(request, stream=True)
            except (TimeoutError, httpx.TimeoutException):
                raise SubgraphTimeout("the subgraph did not answer the request for a stream in time") from None
            except httpx.HTTPError as error:
                raise SubgraphUnreachable(f"cannot connect: {error}") from error
            try:
                yield response
            finally:
                await response.aclose()


async def _refusal(response: httpx.Response, limit: int) -> Exception:
    """An answer that is not a stream: GraphQL errors, or something else."""
    content = b""
    try:
        async for part in response.aiter_bytes():
            content += part
            if len(content) > limit:
                break
        answer = orjson.loads(content)
    except (httpx.HTTPError, orjson.JSONDecodeError):
        answer = None
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if isinstance(errors, list) and errors and all(isinstance(error, dict) for error in errors):
        return StreamRefused(errors)
    kind = response.headers.get("content-type", "without content type")
    return SubgraphProtocolError(f"the subgraph answered HTTP status {response.status_code} ({kind}), not a stream")


async def _events(response: httpx.Response, limit: int) -> AsyncGenerator[tuple[str, bytes], None]:
    """Name and data of each event (HTML standard, "Interpreting an event stream")."""
    name, size = "message", 0
    data: list[bytes] = []
    async for line in _lines(response, limit):
        if not line:
            if data or name != "message":
                yield name, b"\n".join(data)
            name, data, size = "message", [], 0
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        size += len(line)
        if size > limit:
            raise SubgraphProtocolError("an event is larger than is allowed")
        if field == b"event":
            name = value.decode(errors="replace")
        elif field == b"data":
            data.append(value)


async def _lines(response: httpx.Response, limit: int) -> AsyncGenerator[bytes, None]:
    """Lines that end with LF or CRLF; a line is never longer than ``limit``."""
    rest = b""
    async for part in response.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r")
        if len(rest) > limit:
            raise SubgraphProtocolError("an event is larger than is allowed")
