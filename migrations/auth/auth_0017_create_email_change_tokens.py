"""Create e-mail change tokens: one-time proofs that the owner reads mail at the address an account shall move to."""

from subgraphs.kernel.audit import audit_trigger
from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0017_create_email_change_tokens"
VERSION = "1.38.0"
DESCRIPTION = "create email_change_tokens: one-time proofs that the owner reads mail at the new address"

FORWARDS = (
    """
    CREATE TABLE email_change_tokens (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT email_change_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        new_email varchar(255) NOT NULL
            CONSTRAINT email_change_tokens_new_email_trimmed
            CHECK (new_email = btrim(new_email) AND new_email LIKE '%_@_%'),
        token_hash text NOT NULL CONSTRAINT email_change_tokens_token_hash_key UNIQUE,
        expires_at timestamptz NOT NULL,
        used boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT email_change_tokens_token_hash_sha256 CHECK (token_hash ~ '^[0-9a-f]{64}$')
    )
    """,
    touch_trigger("email_change_tokens"),
    audit_trigger("email_change_tokens", secrets=("token_hash",)),
    "CREATE INDEX idx_email_change_tokens_user_id ON email_change_tokens (user_id)",
    *comments(
        "email_change_tokens",
        "One-time tokens that move an account to another address; the token itself is never stored.",
        {
            "id": "Identity of the token; the only part of it that travels in events.",
            "user_id": "Account the token was made for.",
            "new_email": "Address the account moves to when the token is shown.",
            "token_hash": "SHA-256 of the token, in hexadecimal.",
            "expires_at": "When the token stops working.",
            "used": "True once the token did its work or a newer one replaced it.",
            "created_at": "When the token was asked for.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS email_change_tokens",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
