"""Add the index of the newest active products, wide enough for stable cursors (S-086, S-088)."""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0009_add_active_product_index"
VERSION = "1.38.0"
DESCRIPTION = "Add the partial index that lists active products newest first"

FORWARDS = ("CREATE INDEX idx_products_active ON products (created_at DESC, id DESC) WHERE is_active",)

BACKWARDS = ("DROP INDEX idx_products_active",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
