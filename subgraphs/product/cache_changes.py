"""The worker that empties the cache of what changed: it listens to ``catalog_changed``, which triggers notify."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import orjson

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.outages import unexpected
from subgraphs.product.cache import CatalogCache

logger = logging.getLogger("stoa.product.cache")

CHANNEL = "catalog_changed"
_PROBE_SECONDS = 0.5  # a listener that hears nothing must know that it still would: within a second all told


async def follow_catalog_changes(room: RunningRoom) -> None:
    """Until cancelled. The cache is trusted exactly while changes arrive here and reach Redis."""
    cache: CatalogCache | None = room.resources.cache
    if cache is None:
        return
    while True:
        try:
            await _follow(room, cache)
        except Exception as fault:
            logger.warning("changes of the catalog are not heard for now: %s", fault, exc_info=unexpected(fault))
        finally:
            cache.trusted = False
        await asyncio.sleep(_PROBE_SECONDS)


async def _follow(room: RunningRoom, cache: CatalogCache) -> None:
    connection = await room.database.get_new_connection()
    changes: asyncio.Queue[str] = asyncio.Queue()
    try:
        await connection.add_listener(CHANNEL, lambda *notice: changes.put_nowait(notice[3]))
        await cache.empty()
        cache.trusted = True
        while cache.trusted:
            if heard := await _next(changes):
                await _apply(cache, heard)
            else:
                await connection.fetchval("SELECT 1", timeout=_PROBE_SECONDS)
    finally:
        connection.terminate()


async def _next(changes: asyncio.Queue[str]) -> list[str]:
    """What has been heard; nothing when it is quiet for a while."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PROBE_SECONDS):
            first = await changes.get()
            return [first, *(changes.get_nowait() for _ in range(changes.qsize()))]
    return []


async def _apply(cache: CatalogCache, payloads: list[str]) -> None:
    keys: set[tuple[str, str]] = set()
    for change in map(orjson.loads, payloads):
        if change.get("categories"):
            await cache.forget_kind("category")
        for kind, group in (("product", "products"), ("sku", "skus"), ("slug", "slugs")):
            keys.update((kind, key) for key in change.get(group, ()) if key is not None)
    await cache.forget(keys)
