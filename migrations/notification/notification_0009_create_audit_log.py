"""Create audit_log: who changed what and when, partitioned by month (D08, D47)."""

from subgraphs.kernel.ddl import AUDIT_LOG, DROP_AUDIT_LOG
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0009_create_audit_log"
VERSION = "1.38.0"
DESCRIPTION = "Create audit_log: who changed what and when, partitioned by month"

FORWARDS = AUDIT_LOG
BACKWARDS = DROP_AUDIT_LOG


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
