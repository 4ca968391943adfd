"""Create dead letters: events that could not be applied (D47)."""

from subgraphs.kernel.ddl import DEAD_LETTERS, DROP_DEAD_LETTERS
from subgraphs.kernel.migrations import sql_migration

ID = "product_0018_create_dead_letters"
VERSION = "1.38.0"
DESCRIPTION = "Create dead letters"

FORWARDS = DEAD_LETTERS

BACKWARDS = DROP_DEAD_LETTERS


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
