"""Build the listing index over activity and age without blocking writers (S-087).

The id is part of it so that pages have one order: at 30 000 products the planner prefers the index without the id to
idx_products_active and sorts, while with it no plan sorts. The statement is alone in its file and outside a
transaction because CREATE INDEX CONCURRENTLY refuses to run inside one.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0008_add_product_activity_index"
VERSION = "1.38.0"
DESCRIPTION = "Add idx_products_is_active_created_at concurrently"

FORWARDS = (
    """
    CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_is_active_created_at
        ON products (is_active, created_at DESC, id DESC)
    """,
)

BACKWARDS = ("DROP INDEX CONCURRENTLY IF EXISTS idx_products_is_active_created_at",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS, wrap_in_transaction=False)
