"""Add product ratings: sum and count of the visible reviews, and the score that BEST_RATED sorts by (S-027, S-030).

The counters are kept by statement triggers, so they equal a recount under any write, also a bulk load or plain SQL.
Products are locked in the order of their ids first: two bulk writes can wait for each other, never deadlock.
The score is the average as if five reviewers had already given 3.5 stars: a single five-star review does not lead.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0011_add_product_ratings"
VERSION = "1.38.0"
DESCRIPTION = "Add rating counters of products with the triggers that keep them, and the rating indexes"

_APPLY = """
        PERFORM 1 FROM products p
        WHERE p.id IN (SELECT product_id FROM ({changes}) AS each_change
            GROUP BY product_id HAVING sum(stars) <> 0 OR sum(reviews) <> 0)
        ORDER BY p.id FOR NO KEY UPDATE;
        UPDATE products p
        SET rating_sum = p.rating_sum + change.stars, rating_count = p.rating_count + change.reviews
        FROM (
            SELECT product_id, sum(stars) AS stars, sum(reviews) AS reviews FROM ({changes}) AS each_change
            GROUP BY product_id HAVING sum(stars) <> 0 OR sum(reviews) <> 0
        ) AS change
        WHERE p.id = change.product_id;
"""
_NEW = """
            SELECT product_id, rating AS stars, 1 AS reviews FROM new_rows
            WHERE status = 'published' AND deleted_at IS NULL
"""
_OLD = """
            SELECT product_id, -rating AS stars, -1 AS reviews FROM old_rows
            WHERE status = 'published' AND deleted_at IS NULL
"""


def _count_function(event: str, changes: str) -> str:
    return (
        f"CREATE FUNCTION count_ratings_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$\n    BEGIN"
        f"{_APPLY.format(changes=changes)}        RETURN NULL;\n    END\n    $$"
    )


def _trigger(event: str, tables: str) -> str:
    return (
        f"CREATE TRIGGER product_reviews_count_on_{event} AFTER {event.upper()} ON product_reviews "
        f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION count_ratings_on_{event}()"
    )


FORWARDS = (
    "ALTER TABLE products ADD COLUMN rating_sum integer NOT NULL DEFAULT 0",
    "ALTER TABLE products ADD COLUMN rating_count integer NOT NULL DEFAULT 0",
    """
    ALTER TABLE products ADD COLUMN rating_score numeric(5, 4) NOT NULL
        GENERATED ALWAYS AS (round((rating_sum + 17.5) / (rating_count + 5), 4)) STORED
    """,
    """
    ALTER TABLE products ADD CONSTRAINT products_rating_check
        CHECK (rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count)
    """,
    "COMMENT ON COLUMN products.rating_sum IS 'Stars of all visible reviews together, kept by trigger'",
    "COMMENT ON COLUMN products.rating_count IS 'Number of visible reviews, kept by trigger'",
    "COMMENT ON COLUMN products.rating_score IS 'Average with five imagined reviews of 3.5 stars; lists sort by it'",
    "CREATE INDEX idx_products_rating ON products (rating_score DESC, id DESC) WHERE is_active",
    """
    CREATE INDEX idx_products_category_rating ON products (category_id, rating_score DESC, id DESC) WHERE is_active
    """,
    _count_function("insert", _NEW),
    _count_function("update", f"{_OLD} UNION ALL {_NEW}"),
    _count_function("delete", _OLD),
    "COMMENT ON FUNCTION count_ratings_on_insert() IS 'Adds new visible reviews to the counters of their products'",
    "COMMENT ON FUNCTION count_ratings_on_update() IS 'Moves changed reviews between the counters of their products'",
    "COMMENT ON FUNCTION count_ratings_on_delete() IS 'Takes removed reviews from the counters of their products'",
    _trigger("insert", "NEW TABLE AS new_rows"),
    _trigger("update", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    _trigger("delete", "OLD TABLE AS old_rows"),
    """
    UPDATE products p SET rating_sum = seen.stars, rating_count = seen.reviews
    FROM (
        SELECT product_id, sum(rating) AS stars, count(*) AS reviews FROM product_reviews
        WHERE status = 'published' AND deleted_at IS NULL GROUP BY product_id
    ) AS seen
    WHERE p.id = seen.product_id
    """,
)

BACKWARDS = (
    "DROP TRIGGER product_reviews_count_on_delete ON product_reviews",
    "DROP TRIGGER product_reviews_count_on_update ON product_reviews",
    "DROP TRIGGER product_reviews_count_on_insert ON product_reviews",
    "DROP FUNCTION count_ratings_on_delete()",
    "DROP FUNCTION count_ratings_on_update()",
    "DROP FUNCTION count_ratings_on_insert()",
    "DROP INDEX idx_products_category_rating",
    "DROP INDEX idx_products_rating",
    "ALTER TABLE products DROP CONSTRAINT products_rating_check",
    "ALTER TABLE products DROP COLUMN rating_score",
    "ALTER TABLE products DROP COLUMN rating_count",
    "ALTER TABLE products DROP COLUMN rating_sum",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
