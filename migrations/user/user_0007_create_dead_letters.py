"""Create dead_letters: events that could not be applied (D47)."""

from subgraphs.kernel.ddl import DEAD_LETTERS, DROP_DEAD_LETTERS
from subgraphs.kernel.migrations import sql_migration

ID = "user_0007_create_dead_letters"
VERSION = "1.38.0"
DESCRIPTION = "create dead_letters: events that could not be applied"

FORWARDS = DEAD_LETTERS
BACKWARDS = DROP_DEAD_LETTERS


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
