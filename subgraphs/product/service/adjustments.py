"""Counting stock anew: units come in or go out, once per idempotency key, never below what orders hold (D40)."""

from __future__ import annotations

from dataclasses import replace

from subgraphs.kernel.events import Event
from subgraphs.kernel.idempotency import claim_key, store_response
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outbox import write_events
from subgraphs.product.domain import editing
from subgraphs.product.domain import stock as rules
from subgraphs.product.domain.catalog import LOW_STOCK, Product
from subgraphs.product.repository import catalog_writing, reservations
from subgraphs.product.service.catalog import locked
from subgraphs.product.service.watching import tell_changed
from subgraphs.product.tables import DB

WRITE = "stock:write"
_PATH = ["productId"]


async def adjust_stock(principal: Principal, product_id: str, delta: int, reason: str, key: str) -> Product:
    """The product with its new stock; a repetition under its key changes nothing and answers the first result."""
    principal.require(None, WRITE)
    actor = principal.required_user()
    why = rules.check_adjustment(delta, reason, key)
    async with DB.transaction():
        claim = await claim_key(DB, scope=f"{actor}:adjustStock", key=key, request=[product_id.lower(), delta, why])
        before, archived = await locked(product_id, _PATH)
        if claim.response is not None:
            return replace(before, stock=claim.response["stock"], reserved=claim.response["reserved"])
        if archived:
            raise editing.product_archived(before, _PATH)
        if before.available + delta < 0 and await reservations.expire_overdue([before.id]):
            before, _ = await locked(product_id, _PATH)
        product = await catalog_writing.set_stock(before.id, rules.stock_after(before.stock, before.reserved, delta))
        await catalog_writing.log_adjustment(product.id, actor, before.stock, product.stock, why)
        await tell_changed([product.id], f"product:{product.id}")
        await store_response(DB, claim, {"stock": product.stock, "reserved": product.reserved})
        if before.stock > LOW_STOCK >= product.stock:
            await write_events(DB, _low(product))
        return product


def _low(product: Product) -> Event:
    payload = {"product_id": str(product.id), "sku": product.sku, "name": product.name, "stock": product.stock}
    return Event("stock.low", f"product:{product.id}", payload)
