"""Create users: the credentials of every account (S-013, S-014, S-053).

As in the source document's own example, the table starts with the five columns an account cannot be without;
the later steps add what came later (D43).
"""

from subgraphs.kernel.ddl import BASE_FUNCTIONS, DROP_BASE_FUNCTIONS, comments, touch_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0001_create_users"
VERSION = "1.38.0"
DESCRIPTION = "create users: e-mail address and password hash of every account"

FORWARDS = (
    *BASE_FUNCTIONS,
    """
    CREATE TABLE users (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        email varchar(255) NOT NULL CONSTRAINT users_email_trimmed CHECK (email = btrim(email) AND email LIKE '%_@_%'),
        password_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    touch_trigger("users"),
    "CREATE UNIQUE INDEX idx_users_email ON users (lower(email))",
    *comments(
        "users",
        "Accounts: who may sign in, with which role.",
        {
            "id": "Identity of the user in every service.",
            "email": "Address as the user typed it, trimmed and in NFC; unique without regard to case.",
            "password_hash": "Encoded argon2id hash with its own salt and parameters; never plain.",
            "created_at": "When the account was registered.",
            "updated_at": "When the row last changed; kept by a trigger.",
        },
    ),
)

BACKWARDS = (
    "DROP TABLE IF EXISTS users",
    *DROP_BASE_FUNCTIONS,
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
