"""The category tree: adding and moving, without cycles and without two siblings of one name (S-026, D14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.identity import Principal
from subgraphs.product.domain import category_editing as rules
from subgraphs.product.domain.catalog import Category
from subgraphs.product.domain.editing import slug_taken
from subgraphs.product.domain.texts import slug_candidates
from subgraphs.product.repository import category_writing
from subgraphs.product.service.catalog import WRITE
from subgraphs.product.tables import DB


async def create_category(
    principal: Principal, name: str, slug: str | None, parent_id: str | None, description: str | None
) -> Category:
    """A new category, below another one or as a root."""
    principal.require(None, WRITE)
    text = rules.check_text(name, slug, description)
    parent, identity = _parent(parent_id, ["input", "parentId"]), uuid4()
    async with DB.transaction():
        await category_writing.lock_tree()
        shelf = await category_writing.shelf(parent, None, text.name)
        rules.check_shelf(shelf, parent_path=["input", "parentId"], name_path=["input", "name"])
        category = Category(identity, await _free_slug(text, parent, identity), text.name, text.description, parent)
        await category_writing.insert(category)
        return category


async def move_category(principal: Principal, category_id: str, parent_id: str | None) -> Category:
    """Hang a category elsewhere, with everything below it; CATEGORY_CYCLE below itself."""
    principal.require(None, WRITE)
    parent, known = _parent(parent_id, ["parentId"]), uuid_or_none(category_id)
    async with DB.transaction():
        await category_writing.lock_tree()
        category = await category_writing.live(known) if known is not None else None
        if category is None:
            raise rules.category_missing(["id"])
        if category.parent_id == parent:
            return category
        shelf = await category_writing.shelf(parent, category.id, category.name)
        rules.check_shelf(shelf, parent_path=["parentId"], name_path=["parentId"])
        await category_writing.move(category.id, parent)
        return replace(category, parent_id=parent)


async def _free_slug(text: rules.CategoryText, parent: UUID | None, identity: UUID) -> str:
    """The slug that was asked for, else one made from the name, with the parent's name if that is taken."""
    if text.slug is not None:
        candidates: Sequence[str] = [text.slug]
    else:
        above = await category_writing.live(parent) if parent is not None else None
        names = [text.name, above.slug] if above else [text.name]
        candidates = slug_candidates(names, identity, "category", rules.MAX_SLUG)
    taken = await category_writing.taken_slugs(candidates)
    free = [slug for slug in candidates if slug not in taken]
    if not free:
        raise slug_taken(["input", "slug"])
    return free[0]


def _parent(parent_id: str | None, path: Sequence[str]) -> UUID | None:
    if parent_id is None:
        return None
    known = uuid_or_none(parent_id)
    if known is None:
        raise rules.category_missing(path)
    return known
