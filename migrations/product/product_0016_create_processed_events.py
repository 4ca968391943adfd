"""Create processed events: the inbox that gives a repeated event no effect (D47)."""

from subgraphs.kernel.ddl import DROP_PROCESSED_EVENTS, PROCESSED_EVENTS
from subgraphs.kernel.migrations import sql_migration

ID = "product_0016_create_processed_events"
VERSION = "1.38.0"
DESCRIPTION = "Create processed events"

FORWARDS = PROCESSED_EVENTS

BACKWARDS = DROP_PROCESSED_EVENTS


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
