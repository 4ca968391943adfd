"""Add user roles: what an account may do, and whether it may sign in at all (S-013)."""

from subgraphs.kernel.migrations import sql_migration

ID = "auth_0003_add_user_roles"
VERSION = "1.38.0"
DESCRIPTION = "add role, verification, activity and last login to users"

FORWARDS = (
    """
    ALTER TABLE users
        ADD COLUMN is_verified boolean NOT NULL DEFAULT false,
        ADD COLUMN is_active boolean NOT NULL DEFAULT true,
        ADD COLUMN role varchar(50) NOT NULL DEFAULT 'user',
        ADD COLUMN last_login_at timestamptz,
        ADD CONSTRAINT users_role_known
            CHECK (role IN ('user', 'support', 'catalog_manager', 'fulfilment', 'finance', 'admin'))
    """,
    "COMMENT ON COLUMN users.is_verified IS 'True once the owner proved to read mail at the address.'",
    "COMMENT ON COLUMN users.is_active IS 'False blocks sign-in and ends every live session.'",
    "COMMENT ON COLUMN users.role IS 'Role; the scopes it carries are the service''s rule, not data. user = customer.'",
    "COMMENT ON COLUMN users.last_login_at IS 'Last sign-in with the password; NULL before the first.'",
)

BACKWARDS = (
    """
    ALTER TABLE users
        DROP CONSTRAINT IF EXISTS users_role_known,
        DROP COLUMN IF EXISTS last_login_at,
        DROP COLUMN IF EXISTS role,
        DROP COLUMN IF EXISTS is_active,
        DROP COLUMN IF EXISTS is_verified
    """,
)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
