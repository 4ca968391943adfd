"""Let attempts count what strangers ask for: registrations and mails to anybody, by network address."""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0019_count_requests_of_strangers"
VERSION = "1.38.0"
DESCRIPTION = "attempts: count requests of strangers"

FORWARDS = (
    "ALTER TABLE attempts DROP CONSTRAINT attempts_kind_check",
    "ALTER TABLE attempts ADD CONSTRAINT attempts_kind_check "
    "CHECK (kind IN ('account', 'address', 'mail', 'stranger'))",
)

BACKWARDS = (
    "DELETE FROM attempts WHERE kind = 'stranger'",
    "ALTER TABLE attempts DROP CONSTRAINT attempts_kind_check",
    "ALTER TABLE attempts ADD CONSTRAINT attempts_kind_check CHECK (kind IN ('account', 'address', 'mail'))",
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
