"""Runs the lifespan of ASGI applications that share a process, as a server would for each of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ops.local.errors import StartError

__all__ = ["lifespan"]


@asynccontextmanager
async def lifespan(app: Any, name: str) -> AsyncIterator[None]:
    """Start ``app``, run the block, stop ``app``; raises ``StartError`` when it refuses to start."""
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    running = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    try:
        await _say("startup", to_app, from_app, running, name)
        yield
        await _say("shutdown", to_app, from_app, running, name)
        await running
    finally:
        running.cancel()


async def _say(
    phase: str,
    to_app: asyncio.Queue[dict[str, str]],
    from_app: asyncio.Queue[dict[str, str]],
    running: asyncio.Future[None],
    name: str,
) -> None:
    await to_app.put({"type": f"lifespan.{phase}"})
    answer = asyncio.ensure_future(from_app.get())
    await asyncio.wait((answer, running), return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        await running  # raises what ended the application
        raise StartError(f"The {name} service ended during its {phase}.")
    message = answer.result()
    if message["type"] != f"lifespan.{phase}.complete":
        raise StartError(f"The {name} service did not finish its {phase}: {message.get('message', 'no reason given')}")
