"""Transports whose subgraph is a function of the test: bytes in, bytes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from router.executor import Headers, SubgraphResponse

Reply = dict[str, Any] | SubgraphResponse | Exception


class Scripted:
    """Answers with what ``reply`` makes of the request; keeps every request and header."""

    def __init__(self, reply: Callable[[dict[str, Any]], Reply] | Reply, delay: float = 0.0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Headers] = []
        self.timeouts: list[float] = []
        self.cancelled = 0
        self._reply = reply
        self._delay = delay

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109 - the protocol
        request = orjson.loads(body)
        self.requests.append(request)
        self.headers.append(headers)
        self.timeouts.append(timeout)
        try:
            await asyncio.sleep(self._delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        reply = self._reply(request) if callable(self._reply) else self._reply
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, SubgraphResponse):
            return reply
        return SubgraphResponse(200, "application/json", orjson.dumps(reply))

    async def aclose(self) -> None:
        return None

    @property
    def representations(self) -> list[Any]:
        """Of the only request, under the only variable."""
        (request,) = self.requests
        (sent,) = request["variables"].values()
        return sent


def answer(status: int, body: bytes, content_type: str = "application/json") -> SubgraphResponse:
    return SubgraphResponse(status, content_type, body)
