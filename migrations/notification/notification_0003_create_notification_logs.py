"""Create notification_logs: one row per attempt to deliver a notification (S-045, S-046, D20)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0003_create_notification_logs"
VERSION = "1.38.0"
DESCRIPTION = "Create notification_logs; evidence outlives nothing by cascade, a retention job removes it"

FORWARDS = (
    """
    CREATE TABLE notification_logs (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        notification_id uuid NOT NULL,
        status varchar(50) NOT NULL,
        error_message text,
        sent_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT notification_logs_pkey PRIMARY KEY (id),
        CONSTRAINT notification_logs_notification_id_fkey
            FOREIGN KEY (notification_id) REFERENCES notifications (id) ON DELETE RESTRICT,
        CONSTRAINT notification_logs_status_check CHECK (status IN ('sent', 'failed', 'pending')),
        CONSTRAINT notification_logs_sent_at_check CHECK ((status = 'sent') = (sent_at IS NOT NULL))
    )
    """,
    "CREATE INDEX idx_notification_logs_notification_id ON notification_logs (notification_id, created_at, id)",
    touch_trigger("notification_logs"),
    *comments(
        "notification_logs",
        "Delivery attempts of notifications",
        {
            "id": "Primary key",
            "notification_id": "Notification that was to be delivered",
            "status": "Outcome: sent, failed or pending",
            "error_message": "Why the attempt failed",
            "sent_at": "When the channel took it; set exactly when status is sent",
            "created_at": "When the attempt began",
            "updated_at": "Last change, kept by trigger",
        },
    ),
)
BACKWARDS = ("DROP TABLE IF EXISTS notification_logs",)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
