"""Drop the two single-column text indexes: idx_products_search has taken their place (S-032, D37).

Measured on 60 000 products: the words of "blue lamp", one in the name and one in the description, find 2 000 products
through idx_products_search and none through either of these; no query uses them, and each costs every write.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0010_drop_product_text_indexes"
VERSION = "1.38.0"
DESCRIPTION = "Drop the single-column text indexes: 2 000 hits of 'blue lamp' need the weighted document, they find 0"

FORWARDS = (
    "DROP INDEX idx_products_description_search",
    "DROP INDEX idx_products_name_search",
)

BACKWARDS = (
    "CREATE INDEX idx_products_name_search ON products USING gin (to_tsvector('english', name))",
    "CREATE INDEX idx_products_description_search ON products USING gin (to_tsvector('english', description))",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
