"""Create e-mail verification tokens: one-time proofs that the owner reads mail at the address (S-019, D06)."""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0006_create_email_verification_tokens"
VERSION = "1.38.0"
DESCRIPTION = (
    "create email_verification_tokens: hashes of one-time tokens that prove the owner reads mail at the address"
)

FORWARDS = (
    """
    CREATE TABLE email_verification_tokens (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT email_verification_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        token_hash text NOT NULL CONSTRAINT email_verification_tokens_token_hash_key UNIQUE,
        expires_at timestamptz NOT NULL,
        used boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT email_verification_tokens_token_hash_sha256 CHECK (token_hash ~ '^[0-9a-f]{64}$')
    )
    """,
    touch_trigger("email_verification_tokens"),
    "CREATE INDEX idx_email_verification_tokens_user_id ON email_verification_tokens (user_id)",
    *comments(
        "email_verification_tokens",
        "One-time tokens that prove the owner reads mail at the address; the token itself is never stored.",
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

BACKWARDS = ("DROP TABLE IF EXISTS email_verification_tokens",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
