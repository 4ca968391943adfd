"""Signed messages to the shop: each as often as wanted, a held one later than a taken one if wanted, until accepted."""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import orjson

from subgraphs.payment.signatures import HEADER, sign

logger = logging.getLogger("stoa.payment.simulator")

_TYPES = {
    "requires_capture": "payment_intent.amount_capturable_updated",
    "succeeded": "payment_intent.succeeded",
    "requires_payment_method": "payment_intent.payment_failed",
    "canceled": "payment_intent.canceled",
    "processing": "payment_intent.processing",
    "requires_action": "payment_intent.requires_action",
}
_TRIES = 8


@dataclass(slots=True)
class Messenger:
    """Sends to ``target``, a URL or an ASGI application in this process; without one nothing is sent.

    ``copies`` of every message are sent; ``reverse_seconds`` delays the news of a hold, so that those of its capture
    arrive first.
    """

    target: Any
    secret: str
    path: str = "/webhooks/simulator"
    copies: int = 1
    reverse_seconds: float = 0.0
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    _http: httpx.AsyncClient | None = None

    def tell_intent(self, intent: Mapping[str, Any]) -> None:
        """Tell of an intent's status."""
        status = str(intent["status"])
        if status in _TYPES:
            self.tell(_TYPES[status], intent, self.reverse_seconds if status == "requires_capture" else 0.0)

    def tell(self, kind: str, thing: Mapping[str, Any], delay: float = 0.0) -> None:
        """Send ``kind`` with the thing as it is now, in the background."""
        if self.target is None:
            return
        event = {
            "id": f"evt_{uuid4().hex}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": copy.deepcopy(dict(thing))},
        }
        body = orjson.dumps(event)
        for _ in range(self.copies):
            task = asyncio.get_running_loop().create_task(self._deliver(body, delay))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _deliver(self, body: bytes, delay: float) -> None:
        await asyncio.sleep(delay)
        for attempt in range(_TRIES):
            headers = {HEADER: sign(body, self.secret), "content-type": "application/json"}
            try:
                response = await self._client().post(self.path, content=body, headers=headers)
            except httpx.HTTPError as error:
                logger.info("a message is not delivered: %s", error)
            else:
                if response.is_success:
                    return
            await asyncio.sleep(min(0.5 * 2**attempt, 10))

    def _client(self) -> httpx.AsyncClient:
        """One for all messages: making one costs tens of milliseconds, in which no payment would be answered."""
        if self._http is None:
            transport = None if isinstance(self.target, str) else httpx.ASGITransport(app=self.target)
            base_url = self.target if isinstance(self.target, str) else "http://payment"
            self._http = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=5)
        return self._http

    async def aclose(self) -> None:
        """Drop what was not delivered."""
        for task in list(self.sending):
            task.cancel()
        await asyncio.gather(*self.sending, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()
