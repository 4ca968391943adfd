"""Bound the attempts of an erasure below, like every other counter (S-109)."""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0020_bound_erasure_attempts"
VERSION = "1.38.0"
DESCRIPTION = "Bound the attempts of an erasure below"

FORWARDS = ("ALTER TABLE erasures ADD CONSTRAINT erasures_attempts_check CHECK (attempts >= 0)",)
BACKWARDS = ("ALTER TABLE erasures DROP CONSTRAINT IF EXISTS erasures_attempts_check",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
