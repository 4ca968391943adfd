"""Create processed_events: the inbox of applied events (D08, D47)."""

from subgraphs.kernel.ddl import DROP_PROCESSED_EVENTS, PROCESSED_EVENTS
from subgraphs.kernel.migrations import sql_migration

ID = "notification_0006_create_processed_events"
VERSION = "1.38.0"
DESCRIPTION = "Create processed_events: the inbox of applied events"

FORWARDS = PROCESSED_EVENTS
BACKWARDS = DROP_PROCESSED_EVENTS


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
