"""Create purchases: which user has received which product, told by the order service's events (D15, S-030)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0013_create_purchases"
VERSION = "1.38.0"
DESCRIPTION = "Create the projection of delivered purchases"

FORWARDS = (
    """
    CREATE TABLE purchases (
        user_id uuid NOT NULL,
        product_id uuid NOT NULL,
        order_id uuid NOT NULL,
        delivered_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT purchases_pkey PRIMARY KEY (user_id, product_id),
        CONSTRAINT purchases_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX idx_purchases_product_id ON purchases (product_id)",
    "CREATE INDEX idx_purchases_user_id ON purchases (user_id, delivered_at DESC, product_id)",
    touch_trigger("purchases"),
    *comments(
        "purchases",
        "Projection of order.delivered: what makes a review a verified purchase",
        {
            "user_id": "Buyer: a user of the auth service",
            "product_id": "Product that was delivered",
            "order_id": "Order it first came with",
            "delivered_at": "When that order was delivered",
            "created_at": "When the event was applied",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE purchases",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
