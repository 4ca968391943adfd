"""Create processed_events: events whose effect is already in this database (D47)."""

from subgraphs.kernel.ddl import DROP_PROCESSED_EVENTS, PROCESSED_EVENTS
from subgraphs.kernel.migrations import sql_migration

ID = "user_0005_create_processed_events"
VERSION = "1.38.0"
DESCRIPTION = "create processed_events: events whose effect is already in this database"

FORWARDS = PROCESSED_EVENTS
BACKWARDS = DROP_PROCESSED_EVENTS


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
