"""A recipient's role is one of auth's, as auth's events call them; which roles are told what depends on it (S-133)."""

from subgraphs.kernel.migrations import sql_migration

ID = "notification_0017_fix_the_roles"
VERSION = "1.38.0"
DESCRIPTION = "refuse roles of recipients that are none of auth's"

FORWARDS = (
    """
    ALTER TABLE recipients ADD CONSTRAINT recipients_role_check
        CHECK (role IN ('CUSTOMER', 'SUPPORT', 'CATALOG_MANAGER', 'FULFILMENT', 'FINANCE', 'ADMIN'))
    """,
)
BACKWARDS = ("ALTER TABLE recipients DROP CONSTRAINT recipients_role_check",)


async def forwards():
    return sql_migration(ID, "notification", DESCRIPTION, FORWARDS, BACKWARDS)
