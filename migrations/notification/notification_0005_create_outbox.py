"""Create outbox: events until they are published (D08, D47)."""

from subgraphs.kernel.ddl import DROP_OUTBOX, OUTBOX
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0005_create_outbox"
VERSION = "1.38.0"
DESCRIPTION = "Create outbox: events until they are published"

FORWARDS = OUTBOX
BACKWARDS = DROP_OUTBOX


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
