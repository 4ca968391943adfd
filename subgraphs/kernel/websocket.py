"""GraphQL over WebSocket for the router: the server's half of graphql-transport-ws.

A connection speaks for one caller, named by the ``authorization`` of its ``connection_init`` payload or of its upgrade.
The router opens one per subscription, and ends it when the caller's session does: the identity it forwards is only
verified when a connection begins. Each operation runs in a task of its own; a client that does not read holds back its
own stream only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send

from subgraphs.kernel.errors import present_error
from subgraphs.kernel.identity import InvalidIdentity, Principal

__all__ = ["SUBPROTOCOL", "Connection", "Run"]

SUBPROTOCOL = "graphql-transport-ws"
_INIT_SECONDS = 10.0
_MOST_OPERATIONS = 100

logger = logging.getLogger("stoa.websocket")

Payload = Mapping[str, Any]
Run = Callable[[Principal, Payload, Mapping[str, str]], AsyncGenerator[dict[str, Any], None]]
"""The response maps of an operation; raises GraphQLError when there are none, or no more."""


class _Closed(Exception):  # noqa: N818
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """One socket. ``identify`` reads an Authorization header and raises InvalidIdentity."""

    def __init__(
        self,
        identify: Callable[[str | None], Principal],
        run: Run,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._identify = identify
        self._run = run
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self._principal: Principal | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Until either side closes; nothing it began is left running."""
        await self._receive()  # websocket.connect
        if SUBPROTOCOL not in self._scope["subprotocols"]:
            await self._send({"type": "websocket.accept"})
            await self._send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        await self._send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                await self._initialise(await self._message())
            while True:
                await self._obey(await self._message())
        except _Closed as closed:
            if closed.code:
                await self._send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
        except TimeoutError:
            await self._send({"type": "websocket.close", "code": 4408, "reason": "Connection initialisation timeout"})
        except OSError:
            pass  # the client was gone when something was sent: ASGI's way to say so
        finally:
            for task in self._operations.values():
                task.cancel()
            await asyncio.gather(*self._operations.values(), return_exceptions=True)

    async def _message(self) -> dict[str, Any]:
        event = await self._receive()
        if event["type"] != "websocket.receive":
            raise _Closed(0, "")
        try:
            message = orjson.loads(event.get("text") or "")
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _Closed(4400, "Invalid message")
        return message

    async def _initialise(self, message: dict[str, Any]) -> None:
        while message["type"] in ("ping", "pong"):
            await self._obey(message)
            message = await self._message()
        if message["type"] != "connection_init":
            raise _Closed(4401, "Unauthorized")
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            raise _Closed(4400, "Invalid message")
        given = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
        self._headers |= given
        try:
            self._principal = self._identify(self._headers.get("authorization"))
        except InvalidIdentity as error:
            raise _Closed(4403, str(error)[:120]) from error
        await self._say({"type": "connection_ack"})

    async def _obey(self, message: dict[str, Any]) -> None:
        id_, payload = message.get("id"), message.get("payload")
        match message["type"]:
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                pass
            case "complete" if isinstance(id_, str):
                if (task := self._operations.pop(id_, None)) is not None:
                    task.cancel()
            case "subscribe" if isinstance(id_, str) and id_ and isinstance(payload, dict):
                self._begin(id_, payload)
            case "connection_init":
                raise _Closed(4429, "Too many initialisation requests")
            case _:
                raise _Closed(4400, "Invalid message")

    def _begin(self, id_: str, payload: Payload) -> None:
        if id_ in self._operations:
            raise _Closed(4409, f"Subscriber for {id_[:64]} already exists")
        if len(self._operations) >= _MOST_OPERATIONS:
            raise _Closed(4400, f"At most {_MOST_OPERATIONS} operations may be under way")
        task = asyncio.create_task(self._operate(id_, payload))
        self._operations[id_] = task
        task.add_done_callback(lambda ended: self._forget(id_, ended))

    def _forget(self, id_: str, ended: asyncio.Task[None]) -> None:
        if self._operations.get(id_) is ended:
            del self._operations[id_]
        if not ended.cancelled() and (error := ended.exception()) is not None and not isinstance(error, OSError):
            logger.error("an operation failed", exc_info=error)

    async def _operate(self, id_: str, payload: Payload) -> None:
        principal = self._principal
        if principal is None:
            raise RuntimeError("not initialised")
        try:
            async with aclosing(self._run(principal, payload, self._headers)) as responses:
                async for response in responses:
                    if "data" not in response:  # a request error: there was no execution
                        await self._say({"id": id_, "type": "error", "payload": response["errors"]})
                        return
                    await self._say({"id": id_, "type": "next", "payload": response})
        except OSError:
            return  # the client is gone
        except Exception as error:
            await self._say({"id": id_, "type": "error", "payload": [present_error(_located(error))]})
            return
        await self._say({"id": id_, "type": "complete"})

    def _say(self, message: Mapping[str, Any]) -> Awaitable[None]:
        return self._send({"type": "websocket.send", "text": orjson.dumps(message, default=str).decode()})


def _located(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
