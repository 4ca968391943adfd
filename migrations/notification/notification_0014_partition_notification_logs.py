"""Partition notification_logs by month; its notification becomes a reference without a key, as D09 allows (S-113)."""

from subgraphs.kernel.ddl_partitions import partition_by_month, unpartition
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0014_partition_notification_logs"
VERSION = "1.38.0"
DESCRIPTION = "partition notification_logs by month of created_at"

TABLE = "notification_logs"
TITLE = "Delivery attempts of notifications"
INDEXES = {
    "idx_notification_logs_notification_id": (
        "INDEX idx_notification_logs_notification_id ON notification_logs (notification_id, created_at, id)"
    )
}

FORWARDS = (
    "ALTER TABLE notification_logs DROP CONSTRAINT notification_logs_notification_id_fkey",
    *partition_by_month(TABLE, TITLE, INDEXES),
)
BACKWARDS = (
    *unpartition(TABLE, TITLE, INDEXES),
    """
    ALTER TABLE notification_logs ADD CONSTRAINT notification_logs_notification_id_fkey
    FOREIGN KEY (notification_id) REFERENCES notifications (id) ON DELETE RESTRICT
    """,
)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
