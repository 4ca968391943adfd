"""A subgraph over HTTP/1.1: plain, TLS, or a unix socket."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import unquote, urlsplit

from router.executor.transports.connection import ClosedBeforeAnswer
from router.executor.transports.pool import HttpLimits, Origin, OriginPool
from router.executor.transports.protocol import (
    FIXED_HEADERS,
    EncodedHeaders,
    Headers,
    SubgraphResponse,
    SubgraphUnreachable,
    encode_headers,
)

__all__ = ["HttpTransport"]

_MUTATION = b'{"query":"mutation'


class HttpTransport:
    """POSTs to one URL over pooled keep-alive connections.

    ``url`` is ``http://``, ``https://`` or ``http+unix://%2Frun%2Fsubgraph.sock/graphql``. The pool belongs to the
    event loop of the first call.

    A server may close an idle connection just while a request is written to it. Such a request is repeated on a new
    connection when no byte of an answer came, unless it is a mutation, which may have been carried out (RFC 9110
    §9.2.2). Nothing else is ever repeated here.
    """

    def __init__(self, url: str, *, limits: HttpLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.url = url
        self._limits = limits or HttpLimits()
        self._origin, host, target = _read_url(url, tls)
        self._head = _request_head(host, target)
        self._pool: OriginPool | None = None
        self._closed = False

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109 - one timer per pool, none per call
        pool = self._pool
        if pool is None:
            pool = self._open_pool()
        block = headers.block if isinstance(headers, EncodedHeaders) else encode_headers(headers)
        request = b"%b%bcontent-length: %d\r\n\r\n%b" % (self._head, block, len(body), body)
        deadline = pool.loop.time() + timeout
        connection = pool.take_idle(deadline)
        reused = True
        if connection is None:
            connection, reused = await pool.acquire(deadline)
        try:
            return await connection.ask(request, deadline)
        except ClosedBeforeAnswer:
            if not reused or body.startswith(_MUTATION):
                raise
        except asyncio.CancelledError:
            connection.abort()
            raise
        finally:
            pool.release(connection)
        return await _ask_anew(pool, request, deadline)

    async def aclose(self) -> None:
        self._closed = True
        if self._pool is not None:
            self._pool.close()
            await asyncio.sleep(0)  # aborted transports report their end in the next round of the loop

    def _open_pool(self) -> OriginPool:
        if self._closed:
            raise SubgraphUnreachable("the transport is closed")
        self._pool = pool = OriginPool(self._origin, self._limits)
        return pool


async def _ask_anew(pool: OriginPool, request: bytes, deadline: float) -> SubgraphResponse:
    """Over a connection that was never used, if there is room for one."""
    connection = await pool.acquire_new(deadline)
    try:
        return await connection.ask(request, deadline)
    except asyncio.CancelledError:
        connection.abort()
        raise
    finally:
        pool.release(connection)


def _read_url(url: str, tls: ssl.SSLContext | None) -> tuple[Origin, str, str]:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http+unix":
        return Origin("localhost", 0, unix_path=unquote(parts.netloc)), "localhost", target
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an http, https or http+unix URL: {url}")
    secure = parts.scheme == "https"
    origin = Origin(
        parts.hostname,
        parts.port or (443 if secure else 80),
        (tls or ssl.create_default_context()) if secure else None,
    )
    return origin, parts.netloc.rpartition("@")[2], target


def _request_head(host: str, target: str) -> bytes:
    return b"POST %b HTTP/1.1\r\nhost: %b\r\n" % (target.encode("ascii"), host.encode("idna")) + encode_headers(
        FIXED_HEADERS
    )
