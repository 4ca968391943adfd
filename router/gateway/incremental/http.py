"""Delivery over an HTTP answer that stays open: ``multipart/mixed`` or server-sent events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import Send

from router.executor import FormattedError
from router.executor.incremental import InitialResult, SubsequentResult
from router.gateway import event_stream, multipart
from router.gateway.incremental.formats import IncrementalFormat
from router.gateway.incremental.messages import first_message, next_message
from router.gateway.subgraph_errors import name_request

__all__ = ["IncrementalAnswer", "deliver"]

_log = logging.getLogger("router.gateway")
_CONTENT_TYPES = {
    IncrementalFormat.PATHS: multipart.content_type(b"deferSpec=20220824"),
    IncrementalFormat.IDS: multipart.content_type(b"incrementalSpec=v0.2"),
    IncrementalFormat.UNLABELLED_PATHS: multipart.content_type(),
    IncrementalFormat.UNLABELLED_IDS: multipart.content_type(),
    IncrementalFormat.EVENTS: event_stream.CONTENT_TYPE,
}
_HEADERS = ((b"incremental", b"?1"),)
"""Tells whoever stands between that parts are to be passed on as they come (RFC 10036)."""
_BROKEN = b'{"hasNext":false}'


@dataclass(slots=True)
class IncrementalAnswer:
    """An answer with something pending. ``results`` are what comes after ``first``."""

    first: InitialResult
    results: AsyncGenerator[InitialResult | SubsequentResult]
    format: IncrementalFormat
    errors: list[FormattedError] = field(default_factory=list)
    """Those delivered after the first answer."""
    sent_bytes: int = 0


async def deliver(
    answer: IncrementalAnswer,
    request_id: bytes,
    send: Send,
    headers: Sequence[tuple[bytes, bytes]],
    *,
    is_head: bool,
) -> None:
    """Send the whole answer, of a HEAD its headers: what is not fetched yet then never is.

    Each message is written with the delimiter that ends it, the last with the end of all. The status is 200 whatever
    follows: errors are told in the messages.
    """
    framing = _Framing(answer.format)
    start = [(b"content-type", _CONTENT_TYPES[answer.format]), *_HEADERS, *headers]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    if is_head:
        await send({"type": "http.response.body", "body": b""})
        return
    chunk = framing.opening + framing.message(first_message(answer.first, paths=answer.format.has_paths))
    await _write(answer, send, chunk)
    async for result in answer.results:
        if not isinstance(result, SubsequentResult):
            raise TypeError("an execution has one initial result")
        errors = [error for patch in result.incremental for error in patch.errors]
        errors += [error for one in result.completed for error in one.errors]
        name_request(errors, request_id)
        answer.errors += errors
        message = next_message(result, paths=answer.format.has_paths)
        if message is not None:
            chunk = framing.message(message)
            await _write(answer, send, chunk if result.has_next else chunk + framing.end, more=result.has_next)


async def _write(answer: IncrementalAnswer, send: Send, chunk: bytes, *, more: bool = True) -> None:
    answer.sent_bytes += len(chunk)
    await send({"type": "http.response.body", "body": chunk, "more_body": more})


class _Framing:
    """How messages are written one after another."""

    def __init__(self, chosen: IncrementalFormat) -> None:
        self._is_stream = chosen is IncrementalFormat.EVENTS
        self.opening = b"" if self._is_stream else multipart.OPEN
        self.end = event_stream.COMPLETE if self._is_stream else multipart.CLOSE

    def message(self, message: dict[str, Any]) -> bytes:
        try:
            json = orjson.dumps(message)
        except orjson.JSONEncodeError:
            _log.exception("A part of an answer is nested too deeply to be written.")
            json = _BROKEN
        return event_stream.next_event(json) if self._is_stream else multipart.part(json)
