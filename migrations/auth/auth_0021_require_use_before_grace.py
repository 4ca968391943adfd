"""Require that a refresh token was used before it is used once more: an unknown order is no order (S-109, D11)."""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0021_require_use_before_grace"
VERSION = "1.38.0"
DESCRIPTION = "Require the first use of a refresh token that was used within its grace"

FORWARDS = (
    """
    ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_grace_needs_use
        CHECK (grace_used_at IS NULL OR used_at IS NOT NULL)
    """,
)
BACKWARDS = ("ALTER TABLE refresh_tokens DROP CONSTRAINT IF EXISTS refresh_tokens_grace_needs_use",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
