"""Partition notifications by month; that a user is told once of an event holds by the event's own time (D09, S-113)."""

from subgraphs.kernel.ddl_partitions import partition_by_month, unpartition
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0015_partition_notifications"
VERSION = "1.38.0"
DESCRIPTION = "partition notifications by month of created_at"

TABLE = "notifications"
TITLE = "What a user was told: one row per event, user and channel; in_app rows are the inbox"
KEPT = {
    "idx_notifications_user_id": "INDEX idx_notifications_user_id ON notifications (user_id, created_at DESC, id DESC)",
    "idx_notifications_status": "INDEX idx_notifications_status ON notifications (user_id) WHERE status = 'unread'",
    "idx_notifications_created_at": "INDEX idx_notifications_created_at ON notifications (created_at)",
    "idx_notifications_order_id": (
        "INDEX idx_notifications_order_id ON notifications (order_id, created_at DESC, id DESC) "
        "WHERE order_id IS NOT NULL"
    ),
    "idx_notifications_due": (
        "INDEX idx_notifications_due ON notifications (next_attempt_at) "
        "WHERE delivery_status = 'pending' AND type <> 'in_app'"
    ),
}
ONCE = "UNIQUE INDEX idx_notifications_event_id ON notifications (event_id, user_id, type{}) WHERE event_id IS NOT NULL"

FORWARDS = partition_by_month(TABLE, TITLE, {**KEPT, "idx_notifications_event_id": ONCE.format(", created_at")})
BACKWARDS = unpartition(TABLE, TITLE, {**KEPT, "idx_notifications_event_id": ONCE.format("")})


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
