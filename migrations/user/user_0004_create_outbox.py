"""Create outbox: events committed with the change they tell of (D47)."""

from subgraphs.kernel.ddl import DROP_OUTBOX, OUTBOX
from subgraphs.kernel.migrations import sql_migration

ID = "user_0004_create_outbox"
VERSION = "1.38.0"
DESCRIPTION = "create outbox: events committed with the change they tell of"

FORWARDS = OUTBOX
BACKWARDS = DROP_OUTBOX


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
