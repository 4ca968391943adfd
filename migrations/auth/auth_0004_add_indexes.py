"""Add the indexes of refresh tokens: the foreign key, and what the purge job walks (S-017, S-020)."""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0004_add_indexes"
VERSION = "1.38.0"
DESCRIPTION = "add indexes on refresh_tokens.user_id and refresh_tokens.expires_at"

FORWARDS = (
    "CREATE INDEX idx_refresh_tokens_user_id ON refresh_tokens (user_id)",
    "CREATE INDEX idx_refresh_tokens_expires_at ON refresh_tokens (expires_at)",
)

BACKWARDS = (
    "DROP INDEX IF EXISTS idx_refresh_tokens_expires_at",
    "DROP INDEX IF EXISTS idx_refresh_tokens_user_id",
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
