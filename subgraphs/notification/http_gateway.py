"""Adapter to gateways for text and push messages that take JSON over HTTP.

``POST`` with a bearer token and an ``Idempotency-Key`` (the notification's id); the body is
``{"to": …, "title": …, "text": …}``. Any 2xx means taken, 409 taken before; 408, 425, 429 and 5xx may be tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import httpx

from subgraphs.notification.channels import Outgoing, Undeliverable, Undelivered

_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class HttpGateway:
    """One gateway with its credentials; connections are kept."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, headers={"authorization": f"Bearer {token}"})

    async def send(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> None:
        """Hand the message to the gateway, at once: it drops a repetition by its key."""
        body = {"to": outgoing.address, "title": outgoing.title, "text": outgoing.message}
        try:
            answer = await self._http.post(self._url, json=body, headers={"idempotency-key": str(outgoing.id)})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Undelivered(f"the gateway does not answer: {type(error).__name__}") from error
        if answer.is_success or answer.status_code == HTTPStatus.CONFLICT:
            return
        final = answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status_code not in _LATER
        raise (Undeliverable if final else Undelivered)(f"the gateway answered {answer.status_code}")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()
