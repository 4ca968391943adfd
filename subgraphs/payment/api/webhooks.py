"""POST /webhooks/{provider}: the payment provider tells what happened.

200 means: known for good, do not repeat; 503: nothing of it is written, send it again.
"""

from __future__ import annotations

import logging
from typing import Any

import asyncpg
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from subgraphs.kernel.refusals import Unavailable
from subgraphs.payment.provider import NewsRefused
from subgraphs.payment.service.messages import receive

logger = logging.getLogger("stoa.payment.messages")

_MAX_BODY = 256_000
_STATUS = {"forged": 401, "stale": 401, "malformed": 400}


async def _receive(request: Request) -> Response:
    room = getattr(request.app, "room", None)
    if room is None or request.path_params["provider"] != room.resources.name:
        return _answer(404, "unknown", "There is no such payment provider.")
    body = await _body(request)
    if body is None:
        return _answer(413, "too_large", f"A message has at most {_MAX_BODY} bytes.")
    sender = request.client.host if request.client else None
    try:
        new = await receive(room.resources, body, request.headers, sender)
    except NewsRefused as refused:
        return _answer(_STATUS[refused.outcome], refused.outcome, str(refused))
    except (Unavailable, TimeoutError, asyncpg.PostgresError) as error:
        unexpected = None if isinstance(error, Unavailable) else error
        logger.warning("a message has to come again: %s", error, exc_info=unexpected)
        return _answer(503, "unavailable", "Try again later.")
    return _answer(200, "received" if new else "repeated", "Thank you.")


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large: nothing of it is read if it says so, else no more than is allowed."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > _MAX_BODY:
        return None
    chunks, size = list[bytes](), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _MAX_BODY:
                return None
            chunks.append(chunk)
    except ClientDisconnect:
        return b""
    return b"".join(chunks)


def _answer(status: int, outcome: str, message: str) -> Response:
    body: dict[str, Any] = {"outcome": outcome, "message": message}
    return Response(orjson.dumps(body), status, media_type="application/json")


ROUTES = (Route("/webhooks/{provider}", _receive, methods=["POST"]),)
