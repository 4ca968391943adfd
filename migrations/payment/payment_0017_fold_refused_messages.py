"""Fold refused messages of a minute into one row, and index all by age: anybody can send junk (D45, D47)."""

from subgraphs.kernel.migrations import sql_migration

ID = "payment_0017_fold_refused_messages"
VERSION = "1.38.0"
DESCRIPTION = "Count refused messages of a minute in one row; find old messages by an index"

FORWARDS = (
    """
    ALTER TABLE provider_messages
        ADD COLUMN minute timestamptz,
        ADD COLUMN times integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT provider_messages_times_check CHECK (times > 0)
    """,
    """
    CREATE UNIQUE INDEX idx_provider_messages_minute ON provider_messages (provider, outcome, minute)
        WHERE minute IS NOT NULL
    """,
    "CREATE INDEX idx_provider_messages_created_at ON provider_messages (created_at)",
    "DROP INDEX IF EXISTS idx_provider_messages_refused",
    "COMMENT ON COLUMN provider_messages.minute IS 'The minute whose refused messages are counted; null for an event'",
    "COMMENT ON COLUMN provider_messages.times IS 'How many refused messages the row stands for; it shows the first'",
)
BACKWARDS = (
    """
    CREATE INDEX idx_provider_messages_refused ON provider_messages (created_at)
        WHERE outcome IN ('forged', 'stale', 'malformed')
    """,
    "DROP INDEX IF EXISTS idx_provider_messages_created_at",
    "DROP INDEX IF EXISTS idx_provider_messages_minute",
    "ALTER TABLE provider_messages DROP COLUMN IF EXISTS times, DROP COLUMN IF EXISTS minute",
)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
