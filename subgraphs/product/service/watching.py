"""Following stock: products whenever the number of units that can be ordered changes (shop.md §8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from uuid import UUID

from subgraphs.kernel.events import Event
from subgraphs.kernel.feed import Feed
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Invalid, Missing
from subgraphs.product.domain.catalog import Product
from subgraphs.product.repository import products
from subgraphs.product.tables import DB

STOCK_CHANGED = "stock.changed"
MOST_PRODUCTS = 100


async def tell_changed(product_ids: Iterable[UUID], cause: str) -> None:
    """Write ``stock.changed`` with ``product_ids``; the transaction that changes them. ``cause`` is the aggregate."""
    ids = sorted(str(product_id) for product_id in product_ids)
    if ids:
        await write_events(DB, Event(STOCK_CHANGED, cause, {"product_ids": ids}))


async def stock_changes(
    feed: Feed, product_ids: Sequence[UUID], may_see: Callable[[Product], bool]
) -> AsyncGenerator[Product, None]:
    """Each product when its available quantity differs from what was known of it before.

    Refuses with Invalid no or too many products, and with Missing those that the caller may not see. One that is
    hidden later is silent until it is back.
    """
    wanted = list(dict.fromkeys(product_ids))
    if not 1 <= len(wanted) <= MOST_PRODUCTS:
        raise Invalid(f"Name 1 to {MOST_PRODUCTS} products.", code="PRODUCT_COUNT_INVALID", path=["productIds"])
    ids = {str(product_id) for product_id in wanted}
    product_by_id = feed.shared(products.by_id)
    async with feed.listening(lambda event: _key(event, ids)) as events:
        available: dict[UUID, int] = {}
        for known in await asyncio.gather(*map(product_by_id, wanted)):
            if known is None or not may_see(known):
                raise Missing("There is no such product.", path=["productIds"])
            available[known.id] = known.available
        async for event in events:
            changed = [UUID(told) for told in event.payload["product_ids"] if told in ids]
            for product in await asyncio.gather(*map(product_by_id, changed)):
                if product is None or not may_see(product) or product.available == available[product.id]:
                    continue
                available[product.id] = product.available
                yield product


def _key(event: Event, ids: set[str]) -> tuple[str, ...] | None:
    """The followed products an event tells of: an event about the same ones replaces it while it waits."""
    if event.type != STOCK_CHANGED:
        return None
    return tuple(told for told in event.payload.get("product_ids", ()) if told in ids) or None
