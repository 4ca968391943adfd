"""Add the source document's text indexes: the name alone and the description alone (S-032).

The configuration is always explicit: without it to_tsvector is not immutable and the index could not exist.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0006_add_product_text_indexes"
VERSION = "1.38.0"
DESCRIPTION = "Add text search indexes over the name and over the description"

FORWARDS = (
    "CREATE INDEX idx_products_name_search ON products USING gin (to_tsvector('english', name))",
    "CREATE INDEX idx_products_description_search ON products USING gin (to_tsvector('english', description))",
)

BACKWARDS = (
    "DROP INDEX idx_products_description_search",
    "DROP INDEX idx_products_name_search",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
