"""Index what was given back by when: upkeep deletes the old of it each hour (D45)."""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0026_index_old_reservations"
VERSION = "1.38.0"
DESCRIPTION = "index reservations that were given back by their age; without, upkeep read all that were ever made"

FORWARDS = (
    "CREATE INDEX idx_stock_reservations_updated_at ON stock_reservations (updated_at) "
    "WHERE status IN ('released', 'expired')",
)
BACKWARDS = ("DROP INDEX IF EXISTS idx_stock_reservations_updated_at",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
