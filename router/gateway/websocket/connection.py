"""One WebSocket after its upgrade: initialised once, then any number of operations beside each other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from router.gateway.config import SubscriptionsConfig
from router.gateway.errors import RequestError
from router.gateway.identity import Identity
from router.gateway.request import header_map
from router.gateway.websocket.operation import Operation, OperationRunner
from router.gateway.websocket.subprotocols import Kind, Message, Subprotocol, read

__all__ = ["Connection"]

BAD_MESSAGE = (4400, "Invalid message")
UNAUTHORIZED = (4401, "Unauthorized")
FORBIDDEN = (4403, "Forbidden")
INIT_TIMEOUT = (4408, "Connection initialisation timeout")
ID_IN_USE = (4409, "Subscriber already exists")
INITIALISED_TWICE = (4429, "Too many initialisation requests")
NORMAL = (1000, "")
TRY_AGAIN = (1013, "Try again later")
RESTARTING = (1012, "Service restart")

_OPERATION_HEADERS = (b"authorization", b"apollographql-client-name", b"apollographql-client-version")
_BUSY_CODE = "SUBSCRIPTION_LIMIT_REACHED"


class Connection:
    """``run`` ends when the socket does; nothing that it began is left then, but mutations under way."""

    def __init__(
        self,
        protocol: Subprotocol,
        config: SubscriptionsConfig,
        identity: Identity,
        runner: OperationRunner,
        propagated: tuple[bytes, ...],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._protocol = protocol
        self._config = config
        self._identity = identity
        self._runner = runner
        # Where a client is, only proxies say: it could evade limits by naming another address.
        self._named = (*_OPERATION_HEADERS, *(name for name in propagated if name != b"x-forwarded-for"))
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = header_map(scope["headers"])
        self._initialised = False
        self._operations: dict[str, Operation] = {}
        self._closed = False

    async def run(self) -> None:
        """Read messages until the socket is closed by either side."""
        beside = [asyncio.create_task(self._expect_init())]
        if self._protocol.has_heartbeat:
            beside.append(asyncio.create_task(self._beat()))
        try:
            while not self._closed:
                event = await self._receive()
                if event["type"] != "websocket.receive":
                    break
                message = read(self._protocol, event.get("text"))
                await (self._close(BAD_MESSAGE) if message is None else self._obey(message))
        finally:
            self._closed = True
            for task in beside:
                task.cancel()
            ending = [stopped for operation in self._operations.values() if (stopped := operation.stop()) is not None]
            await asyncio.gather(*ending, return_exceptions=True)

    async def restart(self) -> None:
        """This router is being stopped: close in a way that makes clients connect again."""
        await self._close(RESTARTING)

    async def _obey(self, message: Message) -> None:
        match message.kind:
            case Kind.INIT:
                await self._initialise(message.payload or {})
            case Kind.PING:
                payload = {} if message.payload is None else {"payload": message.payload}
                await self._say(orjson.dumps({"type": "pong", **payload}).decode())
            case Kind.START:
                await self._start(message)
            case Kind.STOP:
                await self._stop(message.id)
            case Kind.TERMINATE:
                await self._close(NORMAL)
            case Kind.PONG:
                pass

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self._initialised:
            await self._close(INITIALISED_TWICE)
            return
        self._initialised = True
        self._headers |= _headers_of(payload, self._named)
        try:
            authorization = self._headers.get(b"authorization")
            if authorization is not None and self._identity.is_configured:
                await self._identity.identify(authorization)
        except RequestError as error:
            await self._close((FORBIDDEN[0], str(error)[:120]) if error.status == 401 else TRY_AGAIN)
            return
        await self._say('{"type":"connection_ack"}')
        if self._protocol.has_heartbeat:
            await self._say('{"type":"ka"}')

    async def _start(self, message: Message) -> None:
        if not self._initialised:
            await self._close(UNAUTHORIZED)
            return
        earlier = self._operations.get(message.id)
        if earlier is not None:
            if not self._protocol.replaces_operations:
                await self._close((ID_IN_USE[0], f"Subscriber for {message.id[:64]} already exists"))
                return
            earlier.stop()
        elif len(self._operations) >= self._config.per_connection:
            text = f"At most {self._config.per_connection} operations may be under way on one connection."
            error = {"message": text, "extensions": {"code": _BUSY_CODE}}
            await self._say(self._protocol.error(message.id, [error]))
            return
        operation = Operation(message.id, self._protocol, self._runner, self._scope, self._headers)
        self._operations[message.id] = operation
        operation.start(message.payload, self._say, self._forget)

    async def _stop(self, id_: str) -> None:
        operation = self._operations.pop(id_, None)
        if operation is not None:
            operation.stop()
            if self._protocol.answers_stop:
                await self._say(self._protocol.complete(id_))

    def _forget(self, operation: Operation) -> None:
        if self._operations.get(operation.id) is operation:
            del self._operations[operation.id]

    async def _expect_init(self) -> None:
        """Close what does not initialise itself in time."""
        await asyncio.sleep(self._config.init_timeout)
        if not self._initialised:
            with contextlib.suppress(OSError):
                await self._close(INIT_TIMEOUT)

    async def _beat(self) -> None:
        """The legacy subprotocol's sign of life, beginning with the acknowledgement."""
        with contextlib.suppress(OSError):
            while not self._closed:
                await asyncio.sleep(self._config.legacy_heartbeat)
                if self._initialised:
                    await self._say('{"type":"ka"}')

    async def _say(self, text: str) -> None:
        if not self._closed:
            await self._send({"type": "websocket.send", "text": text})

    async def _close(self, why: tuple[int, str]) -> None:
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": why[0], "reason": why[1]})


def _headers_of(payload: Mapping[str, Any], named: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """The headers that clients write into the payload, flat or under ``headers``: those a request could bring."""
    nested = payload.get("headers")
    found: dict[bytes, bytes] = {}
    for written in (nested if isinstance(nested, dict) else {}, payload):
        for name, value in written.items():
            key = name.lower().encode()
            if key in named and isinstance(value, str) and value.isascii() and value.isprintable():
                found[key] = value.encode()
    return found
