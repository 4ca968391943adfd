"""Add indexes of deleted products by SKU and slug: references find them, too; the unique ones are of live rows."""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0023_add_deleted_product_indexes"
VERSION = "1.38.0"
DESCRIPTION = "index deleted products by SKU and slug; without, a product page read 100 000 rows in 100 ms"

FORWARDS = (
    "CREATE INDEX idx_products_deleted_sku ON products (sku) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX idx_products_deleted_slug ON products (slug) WHERE deleted_at IS NOT NULL",
)
BACKWARDS = ("DROP INDEX IF EXISTS idx_products_deleted_slug", "DROP INDEX IF EXISTS idx_products_deleted_sku")


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
