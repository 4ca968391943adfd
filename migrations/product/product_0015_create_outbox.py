"""Create the outbox: events committed together with the change they tell of (D47)."""

from subgraphs.kernel.ddl import DROP_OUTBOX, OUTBOX
from subgraphs.kernel.migrations import sql_migration

ID = "product_0015_create_outbox"
VERSION = "1.38.0"
DESCRIPTION = "Create the outbox"

FORWARDS = OUTBOX

BACKWARDS = DROP_OUTBOX


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
