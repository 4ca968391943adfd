"""Create orders: what was bought, by whom, for how much, where it goes, where it stands (S-033, S-034, S-038, D41)."""

from subgraphs.kernel.ddl import BASE_FUNCTIONS, DROP_BASE_FUNCTIONS, comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0001_create_orders"
VERSION = "1.38.0"
DESCRIPTION = "Create orders with money checks, address shape, status set and keyset indexes"

FORWARDS = (
    *BASE_FUNCTIONS,
    """
    CREATE TABLE orders (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        order_number varchar(50) NOT NULL,
        user_id uuid NOT NULL,
        status varchar(50) NOT NULL DEFAULT 'pending',
        subtotal numeric(10, 2) NOT NULL,
        shipping_cost numeric(10, 2) NOT NULL DEFAULT 0,
        tax numeric(10, 2) NOT NULL DEFAULT 0,
        total numeric(10, 2) NOT NULL,
        currency varchar(3) NOT NULL DEFAULT 'USD',
        shipping_address jsonb NOT NULL,
        billing_address jsonb NOT NULL,
        payment_method varchar(50),
        tracking_number varchar(100),
        notes text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        discount numeric(10, 2) NOT NULL DEFAULT 0,
        contact_email varchar(254),
        cancel_reason text,
        idempotency_key varchar(255),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT orders_pkey PRIMARY KEY (id),
        CONSTRAINT orders_order_number_key UNIQUE (order_number),
        CONSTRAINT orders_status_check
            CHECK (status IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')),
        CONSTRAINT orders_money_check
            CHECK (subtotal >= 0 AND shipping_cost >= 0 AND tax >= 0 AND discount >= 0 AND total >= 0),
        CONSTRAINT orders_total_check CHECK (total = subtotal + shipping_cost + tax - discount),
        CONSTRAINT orders_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT orders_shipping_address_check CHECK (
            jsonb_typeof(shipping_address) = 'object' AND shipping_address ?& ARRAY['street', 'city', 'country']),
        CONSTRAINT orders_billing_address_check CHECK (
            jsonb_typeof(billing_address) = 'object' AND billing_address ?& ARRAY['street', 'city', 'country']),
        CONSTRAINT orders_version_check CHECK (version > 0)
    )
    """,
    "CREATE INDEX idx_orders_user_id ON orders (user_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_orders_status ON orders (status, created_at DESC, id DESC)",
    "CREATE INDEX idx_orders_created_at ON orders (created_at DESC, id DESC)",
    touch_trigger("orders"),
    *comments(
        "orders",
        "Orders: never deleted, only anonymised; the items are in order_items",
        {
            "id": "Primary key, chosen before stock is reserved",
            "order_number": "Number shown to people: ORD-date-random with a check symbol",
            "user_id": "Buyer: a user or guest of the auth service",
            "status": "State machine: pending, confirmed, processing, shipped, delivered, cancelled",
            "subtotal": "Sum of the items",
            "shipping_cost": "Shipping charged to the buyer",
            "tax": "Tax on top of the prices",
            "total": "subtotal + shipping_cost + tax - discount: what the buyer pays",
            "currency": "ISO 4217 code of every amount in this order",
            "shipping_address": "Copy of the delivery address at the time of ordering",
            "billing_address": "Copy of the invoice address at the time of ordering",
            "payment_method": "How the buyer chose to pay",
            "tracking_number": "Carrier's tracking number, set when shipped",
            "notes": "The buyer's remarks",
            "created_at": "When the order was placed",
            "updated_at": "Last change, kept by trigger",
            "discount": "Deducted from the sum",
            "contact_email": "Where to write about this order when not to the account",
            "cancel_reason": "Why the order was cancelled",
            "idempotency_key": "The client's key of the checkout that made this order",
            "version": "Raised by one at every change of status or tracking",
        },
    ),
)

BACKWARDS = ("DROP TABLE orders", *DROP_BASE_FUNCTIONS)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
