"""Calls to hidden operations of a sibling service: GraphQL over HTTP with this service's own token (S-006).

A peer is a base URL, or an ASGI application in the same process; both receive the same bytes. A call ends within the
timeout, and a peer that keeps failing is spared for a while (``circuit``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from subgraphs.kernel.acting import acting
from subgraphs.kernel.circuit import Circuit
from subgraphs.kernel.identity import ServiceSigner
from subgraphs.kernel.refusals import Unavailable

_IN_DOUBT = frozenset({Unavailable.code, "INTERNAL_SERVER_ERROR"})
"""Codes that leave open whether the peer acted."""

Peer = str | Any  # a base URL or an ASGI application


class PeerRefused(Exception):  # noqa: N818
    """The peer answered with GraphQL errors; ``code`` is the first one's."""

    def __init__(self, peer: str, errors: list[dict[str, Any]]) -> None:
        first = errors[0] if errors else {}
        super().__init__(f"{peer}: {first.get('message', 'unknown error')}")
        self.code = str((first.get("extensions") or {}).get("code", "UNKNOWN"))
        self.errors = errors


class PeerUnavailable(Unavailable):
    """The peer could not be reached, timed out or failed: whether it acted is unknown."""


class ServiceClient:
    """One peer as seen from one service."""

    def __init__(self, name: str, peer: Peer, signer: ServiceSigner | None, timeout: float = 2.0) -> None:
        self.name = name
        self.circuit = Circuit()
        self._timeout = timeout
        self._signer = signer
        transport = None if isinstance(peer, str) else httpx.ASGITransport(app=peer)
        base_url = peer.removesuffix("/").removesuffix("/graphql") if isinstance(peer, str) else f"http://{name}"
        self._http = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=timeout)

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        traceparent: str | None = None,
    ) -> dict[str, Any]:
        """The operation's ``data``; raises :class:`PeerRefused` or :class:`PeerUnavailable`."""
        headers = {"content-type": "application/json"}
        if self._signer is not None:
            headers["authorization"] = self._signer.authorization()
        if traceparent:
            headers["traceparent"] = traceparent
        if (who := acting.get()) is not None:
            headers["x-request-id"] = who.request_id
        body = orjson.dumps({"query": query, "variables": variables or {}}, default=str)
        if not self.circuit.allows_call():
            raise PeerUnavailable(f"The {self.name} service keeps failing and is not asked for a moment.")
        try:
            answer = await self._certain_answer(
                self._http.build_request("POST", "/graphql", content=body, headers=headers)
            )
        except PeerUnavailable:
            self.circuit.failed()
            raise
        self.circuit.succeeded()
        if errors := answer.get("errors"):
            raise PeerRefused(self.name, errors)
        data: dict[str, Any] = answer["data"]
        return data

    async def get_json(self, path: str) -> Any:
        """A public JSON document of the peer, e.g. ``/.well-known/jwks.json``."""
        return await self._answer(self._http.build_request("GET", path))

    async def _certain_answer(self, request: httpx.Request) -> Any:
        """The answer, unless it leaves open whether the peer acted."""
        answer = await self._answer(request)
        if any((item.get("extensions") or {}).get("code") in _IN_DOUBT for item in answer.get("errors") or []):
            raise PeerUnavailable(f"The {self.name} service is busy or has failed.")
        return answer

    async def _answer(self, request: httpx.Request) -> Any:
        try:
            async with asyncio.timeout(self._timeout):  # also for a peer in this process, which httpx does not time
                response = await self._http.send(request)
            answer = orjson.loads(response.content)
        except (httpx.HTTPError, orjson.JSONDecodeError, TimeoutError) as error:
            raise PeerUnavailable(f"The {self.name} service does not answer.") from error
        if response.status_code >= 500:
            raise PeerUnavailable(f"The {self.name} service failed with status {response.status_code}.")
        return answer

    async def aclose(self) -> None:
        await self._http.aclose()
