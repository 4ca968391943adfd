"""Create password reset tokens: hashes of one-time tokens that let the owner set a new password (S-018)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0005_create_password_reset_tokens"
VERSION = "1.38.0"
DESCRIPTION = "create password_reset_tokens: hashes of one-time tokens that let the owner set a new password"

FORWARDS = (
    """
    CREATE TABLE password_reset_tokens (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT password_reset_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        token_hash text NOT NULL CONSTRAINT password_reset_tokens_token_hash_key UNIQUE,
        expires_at timestamptz NOT NULL,
        used boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT password_reset_tokens_token_hash_sha256 CHECK (token_hash ~ '^[0-9a-f]{64}$')
    )
    """,
    touch_trigger("password_reset_tokens"),
    "CREATE INDEX idx_password_reset_tokens_user_id ON password_reset_tokens (user_id)",
    *comments(
        "password_reset_tokens",
        "One-time tokens that let the owner set a new password; the token itself is never stored.",
        {
            "id": "Identity of the token; the only part of it that travels in events.",
            "user_id": "Account the token was made for.",
            "token_hash": "SHA-256 of the token, in hexadecimal.",
            "expires_at": "When the token stops working.",
            "used": "True once the token did its work or a newer one replaced it.",
            "created_at": "When the token was asked for.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS password_reset_tokens",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
