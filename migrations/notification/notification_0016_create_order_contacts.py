"""Create order_contacts: where to write about an order, from the events of order (shop.md §5)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0016_create_order_contacts"
VERSION = "1.38.0"
DESCRIPTION = "Create order_contacts, the projection of the addresses that orders were placed with"

FORWARDS = (
    """
    CREATE TABLE order_contacts (
        order_id uuid NOT NULL,
        user_id uuid NOT NULL,
        email varchar(255) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT order_contacts_pkey PRIMARY KEY (order_id)
    )
    """,
    "CREATE INDEX idx_order_contacts_user_id ON order_contacts (user_id)",
    "CREATE INDEX idx_order_contacts_created_at ON order_contacts (created_at)",
    touch_trigger("order_contacts"),
    # What the mails about an order so far have been sent to.
    """
    INSERT INTO order_contacts (order_id, user_id, email)
    SELECT DISTINCT ON (order_id) order_id, user_id, address FROM notifications
    WHERE order_id IS NOT NULL AND address IS NOT NULL AND type = 'email'
    ORDER BY order_id, created_at DESC, id
    """,
    *comments(
        "order_contacts",
        "Where the buyer of an order is written to, when not at the account; rebuilt from events",
        {
            "order_id": "Identity of the order in the order service",
            "user_id": "Who placed it: a user or a guest",
            "email": "The address that the order was placed with",
            "created_at": "When the order was first heard of",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)
BACKWARDS = ("DROP TABLE IF EXISTS order_contacts",)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
