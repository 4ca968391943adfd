"""Add token families: which session a refresh token belongs to and what became of it (D11).

Tokens issued before there were families cannot be told from stolen ones; they are removed, and their owners sign
in again. The way down therefore gives back the table without those rows.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0008_add_token_families"
VERSION = "1.38.0"
DESCRIPTION = "add family, use, successor and device to refresh_tokens"

FORWARDS = (
    "DELETE FROM refresh_tokens",
    """
    ALTER TABLE refresh_tokens
        ADD COLUMN family_id uuid NOT NULL
            CONSTRAINT refresh_tokens_family_id_fkey REFERENCES sessions (id) ON DELETE CASCADE,
        ADD COLUMN replaced_by uuid,
        ADD COLUMN used_at timestamptz,
        ADD COLUMN grace_used_at timestamptz,
        ADD COLUMN user_agent varchar(400),
        ADD COLUMN ip inet,
        ADD CONSTRAINT refresh_tokens_replaced_when_used CHECK ((used_at IS NULL) = (replaced_by IS NULL)),
        ADD CONSTRAINT refresh_tokens_grace_after_use CHECK (grace_used_at IS NULL OR grace_used_at >= used_at)
    """,
    "CREATE INDEX idx_refresh_tokens_family_id ON refresh_tokens (family_id)",
    "COMMENT ON COLUMN refresh_tokens.family_id IS 'Session whose line of rotated tokens this one belongs to.'",
    "COMMENT ON COLUMN refresh_tokens.replaced_by IS "
    "'First successor; not a foreign key, since the purge removes tokens one by one.'",
    "COMMENT ON COLUMN refresh_tokens.used_at IS "
    "'When it was exchanged; a second exchange is reuse, but for the grace.'",
    "COMMENT ON COLUMN refresh_tokens.grace_used_at IS "
    "'When the one sibling allowed to a double tap within the grace was minted.'",
    "COMMENT ON COLUMN refresh_tokens.user_agent IS 'User agent it was issued to, cut to 400 characters.'",
    "COMMENT ON COLUMN refresh_tokens.ip IS 'Address it was issued to.'",
)

BACKWARDS = (
    "DROP INDEX IF EXISTS idx_refresh_tokens_family_id",
    """
    ALTER TABLE refresh_tokens
        DROP CONSTRAINT IF EXISTS refresh_tokens_grace_after_use,
        DROP CONSTRAINT IF EXISTS refresh_tokens_replaced_when_used,
        DROP COLUMN IF EXISTS ip,
        DROP COLUMN IF EXISTS user_agent,
        DROP COLUMN IF EXISTS grace_used_at,
        DROP COLUMN IF EXISTS used_at,
        DROP COLUMN IF EXISTS replaced_by,
        DROP COLUMN IF EXISTS family_id
    """,
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
