"""Reads the body of a request, and no more of it than is allowed."""

from __future__ import annotations

import asyncio

from starlette.types import Receive

from router.gateway.errors import RequestError

__all__ = ["ClientGoneError", "read_body"]

_SECONDS_FOR_THE_REST = 30.0


class ClientGoneError(Exception):
    """The client closed the connection; nobody reads an answer."""


async def read_body(receive: Receive, declared_length: bytes | None, limit: int) -> bytes:
    """The whole body; at most ``limit`` and one message more of it are held.

    Raises ``RequestError``: 413, REQUEST_TOO_LARGE, or 408, REQUEST_TIMEOUT, when its rest does not come; and
    ``ClientGoneError``.
    """
    if declared_length is not None and declared_length.isdigit() and int(declared_length) > limit:
        raise _too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        try:
            async with asyncio.timeout(_SECONDS_FOR_THE_REST):
                body = await _read_rest(receive, body, limit)
        except TimeoutError:
            raise RequestError(408, "REQUEST_TIMEOUT", "The request body did not arrive in time.") from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _read_rest(receive: Receive, first: bytes, limit: int) -> bytes:
    chunks = [first]
    size = len(first)
    while size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if not message.get("more_body", False):
            break
    return b"".join(chunks)


def _too_large(limit: int) -> RequestError:
    return RequestError(
        413,
        "REQUEST_TOO_LARGE",
        f"The request body is larger than {limit} bytes.",
        headers=((b"connection", b"close"),),
    )
