"""Create products: the catalog with price and stock, and its listing indexes (S-027, S-031, D04, D05, D07, D40)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0002_create_products"
VERSION = "1.38.0"
DESCRIPTION = "Create products with price, stock, reservation and version columns and the listing indexes"

FORWARDS = (
    """
    CREATE TABLE products (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name varchar(255) NOT NULL,
        description text,
        long_description text,
        category_id uuid,
        sku varchar(100) NOT NULL,
        price numeric(10, 2) NOT NULL,
        currency varchar(3) NOT NULL DEFAULT 'USD',
        stock integer NOT NULL DEFAULT 0,
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        slug varchar(255) NOT NULL,
        reserved integer NOT NULL DEFAULT 0,
        deleted_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT products_pkey PRIMARY KEY (id),
        CONSTRAINT products_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories (id),
        CONSTRAINT products_name_check CHECK (name ~ '[^[:space:]]'),
        CONSTRAINT products_description_check CHECK (length(description) <= 5000),
        CONSTRAINT products_long_description_check CHECK (length(long_description) <= 50000),
        CONSTRAINT products_sku_check CHECK (sku ~ '^[A-Za-z0-9][A-Za-z0-9._/-]*$'),
        CONSTRAINT products_price_check CHECK (price >= 0),
        CONSTRAINT products_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT products_stock_check CHECK (stock >= 0 AND reserved BETWEEN 0 AND stock),
        CONSTRAINT products_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
        CONSTRAINT products_deleted_check CHECK (deleted_at IS NULL OR NOT is_active),
        CONSTRAINT products_version_check CHECK (version > 0)
    )
    """,
    "CREATE UNIQUE INDEX idx_products_sku ON products (sku) WHERE deleted_at IS NULL",
    "CREATE UNIQUE INDEX products_slug_key ON products (slug) WHERE deleted_at IS NULL",
    "CREATE INDEX idx_products_category_id ON products (category_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_products_price ON products (price, id) WHERE is_active",
    # The inactive few only: the active many are covered by the two indexes of product_0008 and product_0009 (D37).
    "CREATE INDEX idx_products_is_active ON products (is_active) WHERE NOT is_active",
    touch_trigger("products"),
    *comments(
        "products",
        "The catalog: what is sold, for how much, and how many are there",
        {
            "id": "Primary key",
            "name": "Name shown to people",
            "description": "One paragraph for lists and search",
            "long_description": "Full text for the product page",
            "category_id": "Category it is sorted into; null for none",
            "sku": "Stock keeping unit, unique among live products",
            "price": "Price of one unit",
            "currency": "ISO 4217 code of the price",
            "stock": "Units in the warehouse, reserved ones included",
            "is_active": "Whether customers see it; never true for a deleted product",
            "created_at": "When it entered the catalog",
            "updated_at": "Last change of any column, kept by trigger",
            "slug": "Name in addresses, unique among live products",
            "reserved": "Units held for orders that are not committed; always the sum of held stock_reservations",
            "deleted_at": "When it was archived; null while it is live",
            "version": "Raised by one at every edit of the catalog entry; stock and ratings leave it alone",
        },
    ),
)

BACKWARDS = ("DROP TABLE products",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
