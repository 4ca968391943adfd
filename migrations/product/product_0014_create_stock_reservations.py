"""Create stock reservations: units held for an order until it commits, releases or runs out of time (D40, D47)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0014_create_stock_reservations"
VERSION = "1.38.0"
DESCRIPTION = "Create stock reservations with their states, deadline and quoted price"

FORWARDS = (
    """
    CREATE TABLE stock_reservations (
        order_id uuid NOT NULL,
        product_id uuid NOT NULL,
        quantity integer NOT NULL,
        status varchar(20) NOT NULL DEFAULT 'held',
        expires_at timestamptz NOT NULL,
        unit_price numeric(10, 2) NOT NULL,
        currency varchar(3) NOT NULL,
        release_reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT stock_reservations_pkey PRIMARY KEY (order_id, product_id),
        CONSTRAINT stock_reservations_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id),
        CONSTRAINT stock_reservations_quantity_check CHECK (quantity > 0),
        CONSTRAINT stock_reservations_status_check
            CHECK (status IN ('held', 'committed', 'released', 'expired')),
        CONSTRAINT stock_reservations_unit_price_check CHECK (unit_price >= 0),
        CONSTRAINT stock_reservations_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT stock_reservations_release_reason_check CHECK (length(release_reason) <= 1000)
    )
    """,
    "CREATE INDEX idx_stock_reservations_product_id ON stock_reservations (product_id, expires_at)",
    "CREATE INDEX idx_stock_reservations_held ON stock_reservations (expires_at) WHERE status = 'held'",
    touch_trigger("stock_reservations"),
    *comments(
        "stock_reservations",
        "Units set aside for orders; rows change only while their product row is locked",
        {
            "order_id": "Order of the order service they are held for",
            "product_id": "Product held",
            "quantity": "Units held",
            "status": "held: counted in products.reserved; committed: taken from stock; released, expired: given back",
            "expires_at": "When a hold that nobody committed is given back",
            "unit_price": "Price quoted to the order when the units were held",
            "currency": "ISO 4217 code of the quoted price",
            "release_reason": "Why the hold was given back",
            "created_at": "When the units were first held",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE stock_reservations",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
