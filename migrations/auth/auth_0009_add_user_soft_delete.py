"""Add the soft deletion of users: an address is unique among live accounts only (S-014, D05, D07, D10).

The unique index carries the source document's name. It is built with collation "C", so that the one index serves
uniqueness, sign-in and the staff's search by prefix (LIKE 'ada%') in whatever locale the database has. The way down
refuses, by the full unique index, when an address was registered again after a deletion.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0009_add_user_soft_delete"
VERSION = "1.38.0"
DESCRIPTION = "add users.deleted_at; make the unique e-mail index cover live accounts only"

FORWARDS = (
    "ALTER TABLE users ADD COLUMN deleted_at timestamptz",
    "DROP INDEX idx_users_email",
    """CREATE UNIQUE INDEX idx_users_email ON users (lower(email) COLLATE "C") WHERE deleted_at IS NULL""",
    "CREATE INDEX idx_users_created_at ON users (created_at DESC, id DESC) WHERE deleted_at IS NULL",
    "COMMENT ON COLUMN users.deleted_at IS 'When the account was erased or removed; NULL while it is live.'",
)

BACKWARDS = (
    "DROP INDEX IF EXISTS idx_users_created_at",
    "DROP INDEX IF EXISTS idx_users_email",
    "CREATE UNIQUE INDEX idx_users_email ON users (lower(email))",
    "ALTER TABLE users DROP COLUMN IF EXISTS deleted_at",
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
