"""Create product specifications: one value per product and key, filterable by both (S-029)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0004_create_product_specifications"
VERSION = "1.38.0"
DESCRIPTION = "Create product specifications, unique per product and key"

FORWARDS = (
    """
    CREATE TABLE product_specifications (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        product_id uuid NOT NULL,
        key varchar(100) NOT NULL,
        value text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT product_specifications_pkey PRIMARY KEY (id),
        CONSTRAINT product_specifications_product_id_fkey
            FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE,
        CONSTRAINT product_specifications_product_id_key_key UNIQUE (product_id, key),
        CONSTRAINT product_specifications_key_check CHECK (key ~ '[^[:space:]]'),
        CONSTRAINT product_specifications_value_check CHECK (value ~ '[^[:space:]]' AND length(value) <= 500)
    )
    """,
    "CREATE INDEX idx_product_specifications_key_value ON product_specifications (key, value, product_id)",
    touch_trigger("product_specifications"),
    *comments(
        "product_specifications",
        "Facts about products, e.g. Colour: blue; what lists can be filtered by",
        {
            "id": "Primary key",
            "product_id": "Product it describes",
            "key": "Name of the fact, once per product",
            "value": "Value of the fact",
            "created_at": "When it was added",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE product_specifications",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
