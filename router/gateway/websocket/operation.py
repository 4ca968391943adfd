"""One operation that came in a message: through the stages, and its responses as messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from graphql import OperationType
from starlette.types import Message, Scope

from router.gateway.engine_slot import EngineSlot
from router.gateway.errors import RequestError
from router.gateway.parameters import parameters_of_object
from router.gateway.request import RequestState, request_id
from router.gateway.stages import Stage
from router.gateway.subscriptions import Ending, Subscription, Subscriptions
from router.gateway.subscriptions.endings import CLIENT_LEFT, DRAINED
from router.gateway.telemetry import Reports, report_of
from router.gateway.websocket.subprotocols import Subprotocol

__all__ = ["Operation", "OperationRunner"]

_log = logging.getLogger("router.gateway")

_SWITCHED = 101
"""The status of an operation in the access log: that of its connection's upgrade."""

SendText = Callable[[str], Awaitable[None]]


class OperationRunner:
    """What operations need of the router."""

    def __init__(
        self,
        engines: EngineSlot,
        stages: tuple[Stage, ...],
        subscriptions: Subscriptions,
        reports: Reports,
    ) -> None:
        self.engines = engines
        self.stages = stages
        self.subscriptions = subscriptions
        self.reports = reports


class Operation:
    """Runs as a task of its connection and ends with the message that ends it, unless it was stopped before.

    What fails is told in that message; an unexpected failure is logged, and told as INTERNAL_SERVER_ERROR only.
    """

    def __init__(
        self, id_: str, protocol: Subprotocol, runner: OperationRunner, scope: Scope, headers: dict[bytes, bytes]
    ) -> None:
        self.id = id_
        self._protocol = protocol
        self._runner = runner
        self._request = RequestState({**scope, "method": "POST"}, _never, request_id({}), headers)
        self._request.stream = protocol.stream
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    @property
    def request(self) -> RequestState:
        """What is known of it."""
        return self._request

    def start(self, payload: dict[str, Any], send: SendText, done: Callable[[Operation], None]) -> None:
        """Begin; ``done`` is called at the end, whatever it was."""
        self._task = asyncio.create_task(self._run(payload, send))
        self._task.add_done_callback(lambda _: done(self))

    def stop(self) -> asyncio.Task[None] | None:
        """The client wants no more of it. A mutation under way is carried out; its answer is not sent.

        Gives the task that is ending.
        """
        self._stopped = True
        subscription, operation = self._request.subscription, self._request.operation
        if subscription is not None:
            subscription.end(CLIENT_LEFT)
        elif self._task is not None and (operation is None or operation.type is not OperationType.MUTATION):
            self._task.cancel()
        return self._task

    async def _run(self, payload: dict[str, Any], send: SendText) -> None:
        started = perf_counter()
        protocol, request = self._protocol, self._request
        errors: list[dict[str, Any]] | None = None
        try:
            request.parameters = parameters_of_object(payload)
            await self._through_stages()
            if request.subscription is not None:
                errors = await self._deliver(request.subscription, send)
            elif request.response is not None:
                await self._say(send, protocol.next(self.id, request.response.to_bytes()))
        except RequestError as error:
            errors = error.errors
        except OSError:
            self._stopped = True  # the client is gone: there is nobody to tell
        except Exception:
            _log.exception("Request %s failed", request.id.decode())
            extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request.id.decode()}
            errors = [{"message": "Internal server error", "extensions": extensions}]
        request.errors = errors or []
        self._tell(perf_counter() - started)
        await self._say(send, protocol.error(self.id, errors) if errors else protocol.complete(self.id))

    async def _through_stages(self) -> None:
        engines, request = self._runner.engines, self._request
        request.engine = engine = engines.acquire()
        try:
            for stage in self._runner.stages:
                waiting = stage(request)
                if waiting is not None:
                    await waiting
        finally:
            engines.release(engine)

    async def _deliver(self, subscription: Subscription, send: SendText) -> list[dict[str, Any]]:
        """Send events until the end; the errors that it ends with."""
        subscriptions = self._runner.subscriptions
        try:
            while not isinstance(taken := await subscription.take(), Ending):
                if taken is not None:
                    subscriptions.sent(subscription, taken)
                    await self._say(send, self._protocol.next(self.id, taken.to_bytes()))
        finally:
            await subscriptions.close(subscription)
        if taken is DRAINED:
            self._stopped = True  # the socket is closed with 1012: the client subscribes again by itself
        return list(taken.errors)

    async def _say(self, send: SendText, text: str) -> None:
        if not self._stopped:
            await send(text)

    def _tell(self, seconds: float) -> None:
        """One line and one count per operation, at its end: the upgrade itself is no request."""
        request, response = self._request, self._request.response
        errors = request.errors if response is None else response.errors
        self._runner.reports.add(report_of(request, _SWITCHED, 0, seconds, errors, self._protocol.name))


async def _never() -> Message:
    """Nothing comes for one operation: its connection says when the client is gone."""
    await asyncio.Event().wait()
    raise AssertionError
