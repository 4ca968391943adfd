"""Index sessions and one-time tokens by their end: upkeep deletes the old ones each hour (D45)."""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0022_index_old_sessions_and_tokens"
VERSION = "1.38.0"
DESCRIPTION = "index sessions and one-time tokens by their end; without, upkeep read the tables whole for each batch"

FORWARDS = (
    "CREATE INDEX idx_sessions_expires_at ON sessions (expires_at)",
    "CREATE INDEX idx_password_reset_tokens_expires_at ON password_reset_tokens (expires_at)",
    "CREATE INDEX idx_email_verification_tokens_expires_at ON email_verification_tokens (expires_at)",
    "CREATE INDEX idx_email_change_tokens_expires_at ON email_change_tokens (expires_at)",
)
BACKWARDS = (
    "DROP INDEX IF EXISTS idx_email_change_tokens_expires_at",
    "DROP INDEX IF EXISTS idx_email_verification_tokens_expires_at",
    "DROP INDEX IF EXISTS idx_password_reset_tokens_expires_at",
    "DROP INDEX IF EXISTS idx_sessions_expires_at",
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
