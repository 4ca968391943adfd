"""Create the audit log: who changed what and when (D08, S-136)."""

from subgraphs.kernel.ddl import AUDIT_LOG, DROP_AUDIT_LOG
from subgraphs.kernel.migrations import sql_migration

ID = "product_0019_create_audit_log"
VERSION = "1.38.0"
DESCRIPTION = "Create the audit log"

FORWARDS = AUDIT_LOG

BACKWARDS = DROP_AUDIT_LOG


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
