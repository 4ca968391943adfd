"""Create notifications: what a user was told, over which channel, and whether it was read (S-043, S-046, D19)."""

from subgraphs.kernel.ddl import BASE_FUNCTIONS, DROP_BASE_FUNCTIONS, comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0001_create_notifications"
VERSION = "1.38.0"
DESCRIPTION = "Create notifications with read state, one per event, user and channel"

FORWARDS = (
    *BASE_FUNCTIONS,
    """
    CREATE TABLE notifications (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        type varchar(50) NOT NULL,
        category varchar(50) NOT NULL,
        title varchar(255) NOT NULL,
        message text NOT NULL,
        status varchar(50) NOT NULL DEFAULT 'unread',
        priority varchar(20) NOT NULL DEFAULT 'normal',
        data jsonb,
        read_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        delivery_status varchar(20) NOT NULL DEFAULT 'pending',
        event_id uuid,
        order_id uuid,
        CONSTRAINT notifications_pkey PRIMARY KEY (id),
        CONSTRAINT notifications_type_check CHECK (type IN ('email', 'sms', 'push', 'in_app')),
        CONSTRAINT notifications_category_check CHECK (category <> ''),
        CONSTRAINT notifications_status_check CHECK (status IN ('unread', 'read')),
        CONSTRAINT notifications_priority_check CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
        CONSTRAINT notifications_delivery_status_check CHECK (delivery_status IN ('pending', 'sent', 'failed')),
        CONSTRAINT notifications_read_at_check CHECK ((status = 'read') = (read_at IS NOT NULL)),
        CONSTRAINT notifications_data_check CHECK (data IS NULL OR jsonb_typeof(data) = 'object')
    )
    """,
    "CREATE INDEX idx_notifications_user_id ON notifications (user_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_notifications_status ON notifications (user_id) WHERE status = 'unread'",
    "CREATE INDEX idx_notifications_created_at ON notifications (created_at)",
    """
    CREATE UNIQUE INDEX idx_notifications_event_id ON notifications (event_id, user_id, type)
    WHERE event_id IS NOT NULL
    """,
    """
    CREATE INDEX idx_notifications_order_id ON notifications (order_id, created_at DESC, id DESC)
    WHERE order_id IS NOT NULL
    """,
    touch_trigger("notifications"),
    *comments(
        "notifications",
        "What a user was told: one row per event, user and channel; in_app rows are the inbox",
        {
            "id": "Primary key; also the idempotency key of sending",
            "user_id": "Recipient: a user or guest of the auth service; the shard key",
            "type": "Channel: email, sms, push or in_app",
            "category": "What it is about, e.g. order_update, payment_confirmation, account",
            "title": "Heading or subject, rendered",
            "message": "Text, rendered",
            "status": "Whether the recipient has read it: unread or read",
            "priority": "low, normal, high or urgent",
            "data": "Ids and numbers for the client to link with",
            "read_at": "When it was read; set exactly when status is read",
            "created_at": "When it was made",
            "updated_at": "Last change, kept by trigger",
            "delivery_status": "Whether the channel took it: pending, sent or failed",
            "event_id": "Event that caused it; with user and type it makes repeated deliveries harmless",
            "order_id": "Order it is about, when there is one",
        },
    ),
)
BACKWARDS = ("DROP TABLE IF EXISTS notifications", *DROP_BASE_FUNCTIONS)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
