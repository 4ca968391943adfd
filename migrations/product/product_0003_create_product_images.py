"""Create product images: ordered, at most one of them primary (S-028)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0003_create_product_images"
VERSION = "1.38.0"
DESCRIPTION = "Create product images with one primary per product"

FORWARDS = (
    """
    CREATE TABLE product_images (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        product_id uuid NOT NULL,
        image_url text NOT NULL,
        alt_text varchar(255),
        is_primary boolean NOT NULL DEFAULT false,
        sort_order integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT product_images_pkey PRIMARY KEY (id),
        CONSTRAINT product_images_product_id_fkey
            FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE,
        CONSTRAINT product_images_image_url_check
            CHECK (image_url ~ '^(https?://|/)[^[:space:]]*$' AND length(image_url) <= 2000),
        CONSTRAINT product_images_sort_order_check CHECK (sort_order >= 0)
    )
    """,
    "CREATE INDEX idx_product_images_product_id ON product_images (product_id, sort_order, id)",
    "CREATE UNIQUE INDEX product_images_primary_key ON product_images (product_id) WHERE is_primary",
    touch_trigger("product_images"),
    *comments(
        "product_images",
        "Pictures of products, in the order of sort_order and id",
        {
            "id": "Primary key",
            "product_id": "Product it shows",
            "image_url": "Address of the picture",
            "alt_text": "What it shows, for those who cannot see it",
            "is_primary": "Whether it stands for the product in lists; one per product at most",
            "sort_order": "Place among the product's pictures, smallest first",
            "created_at": "When it was added",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)

BACKWARDS = ("DROP TABLE product_images",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
