"""Create refresh tokens: hashes of the opaque tokens that renew a session (S-016, S-017)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0002_create_refresh_tokens"
VERSION = "1.38.0"
DESCRIPTION = "create refresh_tokens: hashes of the opaque tokens that renew a session"

FORWARDS = (
    """
    CREATE TABLE refresh_tokens (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT refresh_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        token_hash text NOT NULL CONSTRAINT refresh_tokens_token_hash_key UNIQUE,
        expires_at timestamptz NOT NULL,
        revoked boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT refresh_tokens_token_hash_sha256 CHECK (token_hash ~ '^[0-9a-f]{64}$')
    )
    """,
    touch_trigger("refresh_tokens"),
    *comments(
        "refresh_tokens",
        "Refresh tokens ever issued and not yet purged; the token itself is never stored.",
        {
            "id": "Identity of the token row.",
            "user_id": "Account the token renews a session of.",
            "token_hash": "SHA-256 of the 256-bit random token, in hexadecimal.",
            "expires_at": "End of the sliding or absolute lifetime, whichever is first.",
            "revoked": "True once the session was ended before the token expired.",
            "created_at": "When the token was issued.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS refresh_tokens",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
