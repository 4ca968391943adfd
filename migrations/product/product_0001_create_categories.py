"""Create categories: the tree that products hang on, siblings' names unique, no cycles (S-026, D07, D14)."""

from subgraphs.kernel.ddl import BASE_FUNCTIONS, DROP_BASE_FUNCTIONS, comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0001_create_categories"
VERSION = "1.38.0"
DESCRIPTION = "Create the category tree with sibling-unique names and a cycle check"

# Moves take one lock for the whole tree: two crossed moves, each harmless alone, could close a cycle together.
CYCLE_CHECK = """
    CREATE FUNCTION refuse_category_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.parent_id IS NULL THEN
            RETURN NEW;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext('categories.parent_id'));
        IF EXISTS (
            WITH RECURSIVE above (id, parent_id) AS (
                SELECT c.id, c.parent_id FROM categories c WHERE c.id = NEW.parent_id
                UNION
                SELECT c.id, c.parent_id FROM categories c JOIN above a ON c.id = a.parent_id
            )
            SELECT 1 FROM above WHERE id = NEW.id
        ) THEN
            RAISE EXCEPTION 'a category cannot lie below itself'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'categories_cycle_check', TABLE = 'categories';
        END IF;
        RETURN NEW;
    END
    $$
"""

FORWARDS = (
    *BASE_FUNCTIONS,
    """
    CREATE TABLE categories (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name varchar(100) NOT NULL,
        description text,
        parent_id uuid,
        slug varchar(100) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT categories_pkey PRIMARY KEY (id),
        CONSTRAINT categories_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES categories (id),
        CONSTRAINT categories_name_check CHECK (name ~ '[^[:space:]]'),
        CONSTRAINT categories_description_check CHECK (length(description) <= 5000),
        CONSTRAINT categories_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
        CONSTRAINT categories_parent_id_check CHECK (parent_id <> id)
    )
    """,
    """
    CREATE UNIQUE INDEX categories_parent_id_name_key ON categories (parent_id, lower(name))
        NULLS NOT DISTINCT WHERE deleted_at IS NULL
    """,
    "CREATE UNIQUE INDEX categories_slug_key ON categories (slug) WHERE deleted_at IS NULL",
    "CREATE INDEX idx_categories_parent_id ON categories (parent_id, id)",
    CYCLE_CHECK,
    "COMMENT ON FUNCTION refuse_category_cycle() IS 'Keeps categories a tree, also under crossed moves'",
    """
    CREATE TRIGGER categories_refuse_cycle BEFORE INSERT OR UPDATE OF parent_id ON categories
        FOR EACH ROW EXECUTE FUNCTION refuse_category_cycle()
    """,
    touch_trigger("categories"),
    *comments(
        "categories",
        "Tree of categories that products are sorted into",
        {
            "id": "Primary key",
            "name": "Name shown to people, unique among live siblings regardless of case",
            "description": "What belongs here",
            "parent_id": "Category above; null for a root",
            "slug": "Name in addresses, unique among live categories",
            "created_at": "When the category was made",
            "updated_at": "Last change, kept by trigger",
            "deleted_at": "When the category was removed; null while it is live",
        },
    ),
)

BACKWARDS = (
    "DROP TABLE categories",
    "DROP FUNCTION refuse_category_cycle()",
    *DROP_BASE_FUNCTIONS,
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
