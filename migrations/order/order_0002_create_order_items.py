"""Create order_items: the snapshot of each product as it was bought (S-035, S-038)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0002_create_order_items"
VERSION = "1.38.0"
DESCRIPTION = "Create order items with one line per product and exact line sums"

FORWARDS = (
    """
    CREATE TABLE order_items (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        order_id uuid NOT NULL,
        product_id uuid NOT NULL,
        product_name varchar(255) NOT NULL,
        product_sku varchar(100) NOT NULL,
        quantity integer NOT NULL,
        unit_price numeric(10, 2) NOT NULL,
        subtotal numeric(10, 2) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        position integer NOT NULL DEFAULT 0,
        CONSTRAINT order_items_pkey PRIMARY KEY (id),
        CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
        CONSTRAINT idx_order_items_order_id UNIQUE (order_id, product_id),
        CONSTRAINT order_items_quantity_check CHECK (quantity > 0),
        CONSTRAINT order_items_unit_price_check CHECK (unit_price >= 0),
        CONSTRAINT order_items_subtotal_check CHECK (subtotal = quantity * unit_price),
        CONSTRAINT order_items_position_check CHECK (position >= 0)
    )
    """,
    "CREATE INDEX idx_order_items_product_id ON order_items (product_id)",
    touch_trigger("order_items"),
    *comments(
        "order_items",
        "Lines of an order: name, SKU and price as they were when it was placed",
        {
            "id": "Primary key",
            "order_id": "The order; at most one line per product",
            "product_id": "Product of the product service",
            "product_name": "Name when ordered; renaming the product does not change it",
            "product_sku": "SKU when ordered",
            "quantity": "Units ordered",
            "unit_price": "Price of one unit when ordered, in the order's currency",
            "subtotal": "quantity * unit_price",
            "created_at": "When the line was written",
            "updated_at": "Last change, kept by trigger",
            "position": "Place of the line in the basket, from 0",
        },
    ),
)

BACKWARDS = ("DROP TABLE order_items",)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
