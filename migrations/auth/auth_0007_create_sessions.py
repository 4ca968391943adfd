"""Create sessions: one row per signed-in device, the parent of its family of refresh tokens (D11, S-004).

The row is what rotation, logout and reuse detection lock, so that a token minted in one transaction can never
outlive a session that another transaction is ending.
"""

from subgraphs.kernel.ddl import comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0007_create_sessions"
VERSION = "1.38.0"
DESCRIPTION = "create sessions: one row per signed-in device, parent of its refresh tokens"

FORWARDS = (
    """
    CREATE TABLE sessions (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        user_agent varchar(400),
        ip inet,
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revoked_reason varchar(20),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT sessions_revoked_with_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL)),
        CONSTRAINT sessions_revoked_reason_known
            CHECK (revoked_reason IN ('logout', 'revoked', 'token_reuse', 'password_change', 'deactivated', 'erased'))
    )
    """,
    touch_trigger("sessions"),
    "CREATE INDEX idx_sessions_user_id ON sessions (user_id, last_seen_at DESC, id DESC)",
    *comments(
        "sessions",
        "Signed-in devices; alive while not revoked, not expired and present in Redis.",
        {
            "id": "Session id: sid in access tokens, and the family of its refresh tokens.",
            "user_id": "Account that signed in.",
            "user_agent": "User agent of the sign-in, cut to 400 characters.",
            "ip": "Address the session was last renewed from.",
            "last_seen_at": "When the session was opened or last renewed.",
            "expires_at": "End of the absolute lifetime; no renewal reaches beyond it.",
            "revoked_at": "When the session was ended early; NULL while it may be renewed.",
            "revoked_reason": "Why the session was ended early.",
            "created_at": "When the device signed in.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = ("DROP TABLE IF EXISTS sessions",)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
