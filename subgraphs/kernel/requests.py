"""What a room answers: one operation of a POST, or the operations of a WebSocket."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from subgraphs.kernel.acting import acting_as
from subgraphs.kernel.context import RequestContext, RunningRoom
from subgraphs.kernel.database import StatementLog, statement_log
from subgraphs.kernel.errors import coded_error
from subgraphs.kernel.execution import Executor
from subgraphs.kernel.identity import IdentityVerifier, InvalidIdentity, Principal
from subgraphs.kernel.loaders import RequestLoaders
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.retrying import EXTENSION, collecting_waits
from subgraphs.kernel.settings import RoomSettings
from subgraphs.kernel.websocket import Connection

__all__ = ["Requests", "json_response"]

_MAX_BODY = 2_000_000

Operation = tuple[str, dict[str, Any] | None, str | None]
"""Document, variables and the name of the operation in it."""


class Requests:
    """The GraphQL endpoint of a room. ``running`` gives the room while it is started."""

    def __init__(
        self,
        executor: Executor,
        loaders: Callable[[RequestContext], RequestLoaders],
        settings: RoomSettings,
        metrics: RoomMetrics,
        running: Callable[[], RunningRoom | None],
    ) -> None:
        self._executor = executor
        self._loaders = loaders
        self._settings = settings
        self._metrics = metrics
        self._running = running
        self._identity = IdentityVerifier.from_jwks(settings.trusted_jwks)

    async def graphql(self, request: Request) -> Response:
        """Answer a POST."""
        started = time.perf_counter()
        running = self._running()
        if running is None:
            return _error(503, "The service is stopping.", Unavailable.code)
        try:
            principal = self._identity.verify(request.headers.get("authorization"))
        except InvalidIdentity as error:
            return _error(401, str(error), "UNAUTHENTICATED")
        body = await request.body()
        if len(body) > _MAX_BODY:
            return _error(413, f"The body has more than {_MAX_BODY} bytes.", "PAYLOAD_TOO_LARGE")
        operation = _operation(body)
        if operation is None:
            return _error(400, 'The body must be a JSON object with a "query".', "BAD_REQUEST")
        context = self._context(running, principal, request.headers)
        token = statement_log.set(context.statements)
        try:
            answer = await self._answer(principal, operation, context)
        finally:
            statement_log.reset(token)
        self._tell_statements(answer, context)
        self._metrics.requests.labels("errors" if "errors" in answer else "ok").inc()
        self._metrics.duration.observe(time.perf_counter() - started)
        return json_response(answer, headers=context.response_headers)

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket."""
        await Connection(self._identity.verify, self._responses, scope, receive, send).serve()

    async def _responses(
        self, principal: Principal, payload: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What a WebSocket's operation is answered; each event with a context of its own."""
        running, operation = self._running(), _operation_of(payload)
        if running is None:
            raise Unavailable("The service is stopping.")
        if operation is None:
            raise coded_error('The payload must be an object with a "query".', "BAD_REQUEST")
        current = self._context(running, principal, headers)
        statement_log.set(current.statements)  # the operation has a task, and so a context, of its own

        def context() -> RequestContext:
            nonlocal current
            current = self._context(running, principal, headers, current.statements)
            return current

        if not self._executor.is_subscription(operation[0], operation[2]):
            answer = await self._answer(principal, operation, current)
            self._tell_statements(answer, current)
            yield answer
            return
        self._metrics.streams.inc()
        try:
            async with aclosing(self._executor.subscribe(*operation, context)) as answers:
                async for answer in answers:
                    self._tell_statements(answer, current)
                    self._metrics.events.inc()
                    current.statements.texts.clear()  # what is read until the next event is that one's cost
                    yield answer
        finally:
            self._metrics.streams.dec()

    async def _answer(self, principal: Principal, operation: Operation, context: RequestContext) -> dict[str, Any]:
        with acting_as(principal.user_id, context.request_id), collecting_waits() as waits:
            answer = await self._executor.run(*operation, context)
        if waits:
            answer.setdefault("extensions", {})[EXTENSION] = max(waits)
            context.response_headers["retry-after"] = str(max(waits))
        return answer

    def _context(
        self,
        running: RunningRoom,
        principal: Principal,
        headers: Mapping[str, str],
        statements: StatementLog | None = None,
    ) -> RequestContext:
        context = RequestContext(
            room=running,
            principal=principal,
            statements=StatementLog() if statements is None else statements,
            request_id=headers.get("x-request-id") or uuid4().hex,
            traceparent=headers.get("traceparent"),
            client_ip=headers.get("x-forwarded-for"),
            user_agent=headers.get("x-forwarded-user-agent") or headers.get("user-agent"),
        )
        context.loaders = self._loaders(context)
        return context

    def _tell_statements(self, answer: dict[str, Any], context: RequestContext) -> None:
        if self._settings.expose_sql or context.principal.has_scope("ops:read"):
            answer.setdefault("extensions", {})["sql"] = {"statements": len(context.statements)}
        self._metrics.statements.inc(len(context.statements))


def _operation(body: bytes) -> Operation | None:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return _operation_of(data) if isinstance(data, dict) else None


def _operation_of(data: Mapping[str, Any]) -> Operation | None:
    if not isinstance(data.get("query"), str):
        return None
    variables, name = data.get("variables"), data.get("operationName")
    if not isinstance(variables, dict | None) or not isinstance(name, str | None):
        return None
    return data["query"], variables, name


def json_response(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``content`` as JSON."""
    body = orjson.dumps(content, default=str)
    return Response(body, status_code=status, headers=dict(headers or {}), media_type="application/json")


def _error(status: int, message: str, code: str) -> Response:
    return json_response({"errors": [{"message": message, "extensions": {"code": code}}]}, status=status)
