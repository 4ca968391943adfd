"""Tell who listens that the catalog changed: what caches of products and categories are emptied by (S-126)."""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0021_notify_catalog_changes"
VERSION = "1.38.0"
DESCRIPTION = "notify listeners of every committed change of products and categories"

PRODUCT_TABLES = ("products", "product_images", "product_specifications")

FORWARDS = (
    """
    CREATE FUNCTION notify_catalog_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}' END;
        after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}' END;
        key text := CASE TG_TABLE_NAME WHEN 'products' THEN 'id' ELSE 'product_id' END;
    BEGIN
        IF TG_TABLE_NAME = 'categories' THEN
            PERFORM pg_notify('catalog_changed', '{"categories": true}');
        ELSE
            PERFORM pg_notify('catalog_changed', jsonb_strip_nulls(jsonb_build_object(
                'products', jsonb_build_array(before -> key, after -> key),
                'skus', jsonb_build_array(before -> 'sku', after -> 'sku'),
                'slugs', jsonb_build_array(before -> 'slug', after -> 'slug')
            ))::text);
        END IF;
        RETURN NULL;
    END
    $$
    """,
    "COMMENT ON FUNCTION notify_catalog_change() IS "
    "'Tells listeners of catalog_changed which products changed, by id, SKU and slug before and after'",
    *(
        f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION notify_catalog_change()"
        for table in (*PRODUCT_TABLES, "categories")
    ),
)
BACKWARDS = (
    *(f"DROP TRIGGER IF EXISTS {table}_notify ON {table}" for table in (*PRODUCT_TABLES, "categories")),
    "DROP FUNCTION IF EXISTS notify_catalog_change()",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
