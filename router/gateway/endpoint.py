"""The ASGI application at the endpoint's path: runs the stages, answers, and tells the operator.

It stands beside Starlette's router, not behind it, because every request of every client passes here.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import Any, NamedTuple

import orjson
from starlette.types import Receive, Scope, Send

from router.gateway import event_stream
from router.gateway.cors import Cors
from router.gateway.disconnect import Departures
from router.gateway.engine_slot import EngineSlot
from router.gateway.errors import Headers, RequestError
from router.gateway.explorer import Explorer
from router.gateway.incremental import IncrementalAnswer
from router.gateway.incremental import deliver as deliver_incrementally
from router.gateway.negotiation import MediaType, prefers_html
from router.gateway.reading import ClientGoneError
from router.gateway.request import RequestState, header_map, request_id
from router.gateway.retry_after import waiting
from router.gateway.stages import Phase
from router.gateway.subscriptions import StreamFormat, Subscription, Subscriptions
from router.gateway.subscriptions.http import deliver
from router.gateway.telemetry import Metrics, Reports, report_of
from router.gateway.whole_response import WHOLE_RESPONSE, whole_response

__all__ = ["GraphQLEndpoint"]

_log = logging.getLogger("router.gateway")

_FIXED_HEADERS = {
    media: (
        (b"content-type", media.value),
        (b"vary", b"Accept, Origin"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    )
    for media in MediaType
}
_FIXED_LINES = {
    media: b"".join(b"%b: %b\r\n" % header for header in headers) for media, headers in _FIXED_HEADERS.items()
}
_STREAM_HEADERS = (
    (b"vary", b"Accept, Origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
"""Of answers that stay open: nobody on the way may keep them back."""
_ALLOW = (b"allow", b"GET, HEAD, OPTIONS, POST")
_NO_CONTENT = 204
"""Has neither a body nor its length (RFC 9110 §8.6)."""
_CLIENT_GONE = 499
"""The status by which the access log and the metrics know requests that nobody waited for."""


_ENDING = {
    "message": "The router is shutting down and could not wait for the answer: try again.",
    "extensions": {"code": "SERVICE_UNAVAILABLE"},
}
_RETRY = ((b"retry-after", b"1"), (b"connection", b"close"))


class Reply(NamedTuple):
    """What is sent."""

    status: int
    headers: Headers
    body: bytes
    lines: bytes | None = None
    """The headers written out, where they are those of most answers."""


class GraphQLEndpoint:
    """Answers GET, HEAD, POST and OPTIONS (GraphQL over HTTP)."""

    def __init__(
        self,
        engines: EngineSlot,
        phases: tuple[Phase, ...],
        cors: Cors,
        explorer: Explorer | None,
        metrics: Metrics,
        reports: Reports,
        subscriptions: Subscriptions,
    ) -> None:
        self._subscriptions = subscriptions
        self._engines = engines
        self._phases = tuple(stages for _, stages in phases)
        self._cors = cors
        self._explorer = explorer
        self._metrics = metrics
        self._reports = reports
        self._departures = Departures()
        self.draining = False
        """The server ends: requests that it cancels are answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        headers = header_map(scope["headers"])
        if self._explorer is not None and scope["method"] in ("GET", "HEAD") and prefers_html(headers.get(b"accept")):
            await self._explorer.page()(scope, receive, send)
            return
        request = RequestState(scope, receive, request_id(headers), headers)
        reply = Reply(_CLIENT_GONE, (), b"")
        self._metrics.in_flight += 1
        try:
            reply = await self._reply(request)
            if request.subscription is not None:
                await self._stream(request, request.subscription, reply, receive, send)
                return
            if request.incremental is not None:
                await self._deliver(request, request.incremental, reply, send)
                return
            lines = self._lines(request, reply)
            if lines is not None:
                await send(whole_response(reply.status, lines, reply.body))
                return
            await send(
                {"type": "http.response.start", "status": reply.status, "headers": self._headers(request, reply)}
            )
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
        except ClientGoneError:
            reply = reply._replace(status=_CLIENT_GONE)
        finally:
            self._metrics.in_flight -= 1
            self._tell(request, reply, perf_counter() - started)

    async def _reply(self, request: RequestState) -> Reply:
        method = request.scope["method"]
        if method == "OPTIONS":
            return Reply(_NO_CONTENT, (_ALLOW, *self._cors.preflight_headers(request.headers)), b"")
        try:
            if method not in ("GET", "HEAD", "POST"):
                raise RequestError(405, "METHOD_NOT_ALLOWED", "Use GET or POST.", headers=(_ALLOW,))  # noqa: TRY301
            await self._run(request)
        except RequestError as error:
            request.errors = error.errors
            status = error.status if request.media is MediaType.GRAPHQL else error.json_status
            if request.media is MediaType.EVENT_STREAM and status != 200:
                request.media = MediaType.JSON
            return self._answer(request, status, error.headers)
        except ClientGoneError:
            raise
        except asyncio.CancelledError:
            if not self.draining:
                raise
            request.errors = [_ENDING]
            request.media = MediaType.JSON
            return self._answer(request, 503, _RETRY)
        except Exception:
            _log.exception("Request %s failed", request.id.decode())
            request.errors = [_internal_error(request)]
            request.media = MediaType.JSON
            return self._answer(request, 500, ())
        if request.subscription is not None or request.incremental is not None:
            return Reply(200, _STREAM_HEADERS, b"")
        return self._answer(request, 200, waiting(request.response))

    async def _stream(
        self, request: RequestState, subscription: Subscription, reply: Reply, receive: Receive, send: Send
    ) -> None:
        """The answer of a subscription, which is no request in flight: it lasts as long as its client likes."""
        stream = StreamFormat.SSE if request.stream is None else request.stream
        self._metrics.in_flight -= 1
        try:
            await deliver(
                subscription,
                stream,
                self._subscriptions,
                self._subscriptions.config,
                receive,
                send,
                self._headers(request, reply)[:-1],
                is_head=request.scope["method"] == "HEAD",
            )
        finally:
            self._metrics.in_flight += 1

    async def _deliver(self, request: RequestState, answer: IncrementalAnswer, reply: Reply, send: Send) -> None:
        """An answer in parts; what is not fetched yet is cancelled when its client leaves."""
        try:
            with self._departures.watch(request.receive):
                headers = self._headers(request, reply)[:-1]
                is_head = request.scope["method"] == "HEAD"
                await deliver_incrementally(answer, request.id, send, headers, is_head=is_head)
        finally:
            await answer.results.aclose()
            self._engines.release(request.engine)

    async def _run(self, request: RequestState) -> None:
        request.engine = engine = self._engines.acquire()
        clock = request.clock
        clock.append(perf_counter())
        try:
            for phase in self._phases:
                for stage in phase:
                    waiting = stage(request)
                    if waiting is not None:
                        await waiting
                clock.append(perf_counter())
        finally:
            self._engines.release(engine)

    def _answer(self, request: RequestState, status: int, headers: Headers) -> Reply:
        before = perf_counter()
        response = request.response
        body = orjson.dumps({"errors": request.errors}) if response is None else response.to_bytes()
        if request.media is MediaType.EVENT_STREAM:
            body = event_stream.next_event(body) + event_stream.COMPLETE
        request.serialising = perf_counter() - before
        media = request.media
        if headers:
            return Reply(status, (*_FIXED_HEADERS[media], *headers), body)
        return Reply(status, _FIXED_HEADERS[media], body, _FIXED_LINES[media])

    def _lines(self, request: RequestState, reply: Reply) -> bytes | None:
        """The headers written out, when there are no others than those of most answers, and the server takes them."""
        if reply.lines is None or b"origin" in request.headers or request.scope["method"] == "HEAD":
            return None
        if WHOLE_RESPONSE not in request.scope.get("extensions", ()):
            return None
        return b"%bx-request-id: %b\r\ncontent-length: %d\r\n" % (reply.lines, request.id, len(reply.body))

    def _headers(self, request: RequestState, reply: Reply) -> list[tuple[bytes, bytes]]:
        origin = request.headers.get(b"origin")
        headers = [*reply.headers, (b"x-request-id", request.id), *self._cors.answer_headers(origin)]
        if reply.status != _NO_CONTENT:
            headers.append((b"content-length", b"%d" % len(reply.body)))
        return headers

    def _tell(self, request: RequestState, reply: Reply, seconds: float) -> None:
        response, incremental = request.response, request.incremental
        errors = request.errors if response is None else response.errors
        size = len(reply.body)
        if incremental is not None:
            errors, size = [*errors, *incremental.errors], incremental.sent_bytes
        self._reports.add(report_of(request, reply.status, size, seconds, errors))


def _internal_error(request: RequestState) -> dict[str, Any]:
    return {
        "message": "Internal server error",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request.id.decode()},
    }
