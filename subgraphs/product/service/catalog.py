"""The catalog: adding, rewriting, archiving and restoring products, one or a thousand (S-027, S-112, S-122).

Every write takes the catalog lock first, so slugs and SKUs that were found free stay free, and refusals name the input
that is at fault. ``product.updated`` and ``product.archived`` carry the version that the change led to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from subgraphs.kernel.events import Event
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outbox import write_events
from subgraphs.product.domain import editing as rules
from subgraphs.product.domain.catalog import Product
from subgraphs.product.domain.editing import Edit, GivenProduct
from subgraphs.product.domain.texts import Checker
from subgraphs.product.repository import catalog_writing
from subgraphs.product.tables import DB

WRITE = "catalog:write"


@dataclass(frozen=True, slots=True)
class Written:
    """How many products a bulk edit made and changed."""

    created: int
    updated: int


async def create_product(principal: Principal, given: GivenProduct) -> Product:
    """A new product, without stock, on sale unless said otherwise."""
    principal.require(None, WRITE)
    draft = _draft(given)
    async with DB.transaction():
        await catalog_writing.lock_catalog()
        [product] = await _write([Edit(uuid4(), draft, ("input",))])
        return product


async def update_product(principal: Principal, product_id: str, version: int, given: GivenProduct) -> Product:
    """Rewrite a product; VERSION_CONFLICT with the current version when it is not the one that was read."""
    principal.require(None, WRITE)
    draft = _draft(given)
    async with DB.transaction():
        await catalog_writing.lock_catalog()
        before, archived = await locked(product_id)
        rules.check_version(before, version)
        if archived:
            raise rules.product_archived(before, ["id"])
        [product] = await _write([Edit(before.id, draft, ("input",), before)])
        return product


async def bulk_upsert(principal: Principal, given: Sequence[GivenProduct]) -> Written:
    """Write all products or none, told apart by SKU; the number of statements does not depend on theirs."""
    principal.require(None, WRITE)
    drafts = rules.drafts(given)
    if not drafts:
        return Written(0, 0)
    async with DB.transaction():
        await catalog_writing.lock_catalog()
        known = await catalog_writing.locked_by_sku([draft.sku for draft in drafts])
        edits = [
            Edit(before.id if before else uuid4(), draft, ("input", str(number)), before)
            for number, draft in enumerate(drafts)
            for before in (known.get(draft.sku),)
        ]
        await _write(edits)
    return Written(created=len(edits) - len(known), updated=len(known))


async def archive_product(principal: Principal, product_id: str) -> Product:
    """Hide a product from everyone but staff (D07); one that is archived already stays as it is."""
    principal.require(None, WRITE)
    async with DB.transaction():
        await catalog_writing.lock_catalog()
        before, archived = await locked(product_id)
        if archived:
            return before
        product = await catalog_writing.set_archived(before.id, archived=True)
        await write_events(DB, _event("product.archived", product))
        return product


async def restore_product(principal: Principal, product_id: str) -> Product:
    """Undo archiving: the product is on sale; SKU_TAKEN or SLUG_TAKEN when a live one has its place meanwhile."""
    principal.require(None, WRITE)
    async with DB.transaction():
        await catalog_writing.lock_catalog()
        before, archived = await locked(product_id)
        if not archived:
            return before
        around = await catalog_writing.surroundings([], [before.slug], [before.sku])
        if before.sku in around.skus:
            raise rules.sku_taken(["id"])
        if before.slug in around.slugs:
            raise rules.slug_taken(["id"])
        product = await catalog_writing.set_archived(before.id, archived=False)
        await write_events(DB, _event("product.updated", product))
        return product


async def locked(product_id: str, path: Sequence[str] = ("id",)) -> tuple[Product, bool]:
    """The product and whether it is archived, its row locked; raises Missing."""
    known = uuid_or_none(product_id)
    found = await catalog_writing.locked(known) if known is not None else None
    if found is None:
        raise rules.product_missing(path)
    return found


def _draft(given: GivenProduct) -> rules.Draft:
    checker = Checker()
    draft = rules.draft(given, ("input",), checker)
    checker.finish()
    return draft


async def _write(edits: Sequence[Edit]) -> list[Product]:
    """Store the edits and tell of them, under the catalog lock."""
    entries = rules.entries(
        edits,
        await catalog_writing.surroundings(
            sorted({edit.draft.category_id for edit in edits if isinstance(edit.draft.category_id, UUID)}),
            [slug for edit in edits for slug in edit.slug_candidates],
            [edit.draft.sku for edit in edits],
        ),
    )
    new = [entry for entry, edit in zip(entries, edits, strict=True) if edit.before is None]
    old = [entry for entry, edit in zip(entries, edits, strict=True) if edit.before is not None]
    written = await catalog_writing.insert(new) if new else {}
    written.update(await catalog_writing.update(old) if old else {})
    images = {edit.id: edit.draft.images for edit in edits if edit.draft.images is not None}
    if images:
        await catalog_writing.replace_images(images)
    specifications = {edit.id: edit.draft.specifications for edit in edits if edit.draft.specifications is not None}
    if specifications:
        await catalog_writing.replace_specifications(specifications)
    products = [written[edit.id] for edit in edits]
    await write_events(DB, *_updated(products))
    return products


def _updated(products: Iterable[Product]) -> list[Event]:
    return [_event("product.updated", product) for product in products]


def _event(name: str, product: Product) -> Event:
    payload = {
        "product_id": str(product.id),
        "sku": product.sku,
        "slug": product.slug,
        "name": product.name,
        "price": str(product.price),
        "currency": product.currency,
        "active": product.is_active,
    }
    return Event(name, f"product:{product.id}", payload, version=product.version)
