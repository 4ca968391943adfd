"""Create product reviews: one live review per product and user, moderated, softly deleted (S-030, S-031, D05, D07)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0005_create_product_reviews"
VERSION = "1.38.0"
DESCRIPTION = "Create product reviews with moderation and one index per sort order"

FORWARDS = (
    """
    CREATE TABLE product_reviews (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        product_id uuid NOT NULL,
        user_id uuid NOT NULL,
        rating integer NOT NULL,
        title varchar(255),
        comment text,
        verified_purchase boolean NOT NULL DEFAULT false,
        helpful_count integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        status varchar(20) NOT NULL DEFAULT 'published',
        moderation_reason text,
        deleted_at timestamptz,
        CONSTRAINT product_reviews_pkey PRIMARY KEY (id),
        CONSTRAINT product_reviews_product_id_fkey
            FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE,
        CONSTRAINT product_reviews_rating_check CHECK (rating BETWEEN 1 AND 5),
        CONSTRAINT product_reviews_comment_check CHECK (length(comment) <= 5000),
        CONSTRAINT product_reviews_helpful_count_check CHECK (helpful_count >= 0),
        CONSTRAINT product_reviews_status_check CHECK (status IN ('published', 'pending', 'rejected')),
        CONSTRAINT product_reviews_moderation_reason_check CHECK (length(moderation_reason) <= 1000)
    )
    """,
    """
    CREATE UNIQUE INDEX product_reviews_product_id_user_id_key ON product_reviews (product_id, user_id)
        WHERE deleted_at IS NULL
    """,
    "CREATE INDEX idx_product_reviews_product_id ON product_reviews (product_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_product_reviews_user_id ON product_reviews (user_id, created_at DESC, id DESC)",
    """
    CREATE INDEX idx_product_reviews_helpful
        ON product_reviews (product_id, helpful_count DESC, created_at DESC, id DESC)
        WHERE status = 'published' AND deleted_at IS NULL
    """,
    """
    CREATE INDEX idx_product_reviews_rating ON product_reviews (product_id, rating DESC, created_at DESC, id DESC)
        WHERE status = 'published' AND deleted_at IS NULL
    """,
    """
    CREATE INDEX idx_product_reviews_pending ON product_reviews (created_at, id)
        WHERE status = 'pending' AND deleted_at IS NULL
    """,
    touch_trigger("product_reviews"),
    *comments(
        "product_reviews",
        "What customers say about products",
        {
            "id": "Primary key",
            "product_id": "Product it is about",
            "user_id": "Author: a user of the auth service; at most one live review per product",
            "rating": "One to five stars",
            "title": "Headline",
            "comment": "The text",
            "verified_purchase": "Whether an order of the author with this product was delivered",
            "helpful_count": "Number of rows in review_votes, kept by trigger",
            "created_at": "When it was written",
            "updated_at": "Last change, kept by trigger",
            "status": "published: everyone sees it; pending and rejected: its author and moderators do",
            "moderation_reason": "Why a moderator decided so",
            "deleted_at": "When the author or a moderator removed it; null while it is live",
        },
    ),
)

BACKWARDS = ("DROP TABLE product_reviews",)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
