"""Writing the category tree. Only inside transactions, the tree locked first (D14)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from subgraphs.product.domain.catalog import Category
from subgraphs.product.domain.category_editing import Shelf
from subgraphs.product.repository.categories import COLUMNS
from subgraphs.product.tables import DB


async def lock_tree() -> None:
    """One change of the tree at a time; the lock that the table's cycle trigger takes."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtext('categories.parent_id'))")


async def live(category_id: UUID) -> Category | None:
    row = await DB.fetch_row(
        f"SELECT {COLUMNS} FROM categories c WHERE c.id = $1 AND c.deleted_at IS NULL", category_id
    )
    return None if row is None else Category(*row)


async def shelf(parent: UUID | None, moved: UUID | None, name: str) -> Shelf:
    """The place below ``parent`` (None: among the roots) for the category ``moved`` (None: a new one)."""
    row = await DB.fetch_row(
        """
        WITH RECURSIVE above (id, parent_id) AS (
            SELECT c.id, c.parent_id FROM categories c WHERE c.id = $1
            UNION
            SELECT c.id, c.parent_id FROM categories c JOIN above a ON c.id = a.parent_id
        )
        SELECT
            $1::uuid IS NULL OR EXISTS (SELECT 1 FROM categories c WHERE c.id = $1 AND c.deleted_at IS NULL),
            EXISTS (SELECT 1 FROM above a WHERE a.id = $2),
            EXISTS (
                SELECT 1 FROM categories c WHERE c.parent_id IS NOT DISTINCT FROM $1 AND lower(c.name) = lower($3)
                    AND c.deleted_at IS NULL AND c.id IS DISTINCT FROM $2
            )
        """,
        parent,
        moved,
        name,
    )
    return Shelf(*row)


async def taken_slugs(slugs: Sequence[str]) -> set[str]:
    """Those of the slugs that live categories have."""
    rows = await DB.fetch(
        "SELECT c.slug FROM categories c WHERE c.slug = ANY($1::text[]) AND c.deleted_at IS NULL", slugs
    )
    return {row["slug"] for row in rows}


async def insert(category: Category) -> None:
    await DB.execute(
        "INSERT INTO categories (id, slug, name, description, parent_id) VALUES ($1, $2, $3, $4, $5)",
        category.id,
        category.slug,
        category.name,
        category.description,
        category.parent_id,
    )


async def move(category_id: UUID, parent: UUID | None) -> None:
    await DB.execute("UPDATE categories c SET parent_id = $2 WHERE c.id = $1", category_id, parent)
