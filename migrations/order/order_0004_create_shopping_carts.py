"""Create shopping_carts: one basket per user or guest, edited under its row lock (S-037, S-038, D16)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0004_create_shopping_carts"
VERSION = "1.38.0"
DESCRIPTION = "Create shopping carts, one per principal, with a version"

FORWARDS = (
    """
    CREATE TABLE shopping_carts (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        items jsonb NOT NULL DEFAULT '[]'::jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT shopping_carts_pkey PRIMARY KEY (id),
        CONSTRAINT idx_shopping_carts_user_id UNIQUE (user_id),
        CONSTRAINT shopping_carts_items_check CHECK (jsonb_typeof(items) = 'array'),
        CONSTRAINT shopping_carts_version_check CHECK (version > 0)
    )
    """,
    touch_trigger("shopping_carts"),
    *comments(
        "shopping_carts",
        "Baskets: one per user or guest; prices are never stored here",
        {
            "id": "Primary key",
            "user_id": "Owner: a user or a guest of the auth service",
            "items": "Array of {product_id, quantity, added_at} in the order of adding",
            "created_at": "When the first product was added",
            "updated_at": "Last change, kept by trigger",
            "version": "Raised by one at every edit; part of the entity key in the graph",
        },
    ),
)

BACKWARDS = ("DROP TABLE shopping_carts",)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
