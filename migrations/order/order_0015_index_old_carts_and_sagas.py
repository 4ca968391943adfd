"""Index carts and ended checkouts by when they last changed: upkeep deletes the old ones each hour (D45)."""

from subgraphs.kernel.migrations import sql_migration

ID = "order_0015_index_old_carts_and_sagas"
VERSION = "1.38.0"
DESCRIPTION = "index carts and ended checkouts by their age; without, upkeep read both tables whole for each batch"

FORWARDS = (
    "CREATE INDEX idx_shopping_carts_updated_at ON shopping_carts (updated_at)",
    "CREATE INDEX idx_checkout_sagas_updated_at ON checkout_sagas (updated_at) "
    "WHERE step IN ('confirmed', 'failed') AND next_run_at IS NULL",
)
BACKWARDS = (
    "DROP INDEX IF EXISTS idx_checkout_sagas_updated_at",
    "DROP INDEX IF EXISTS idx_shopping_carts_updated_at",
)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
