"""Add audit triggers: every change of these tables goes to audit_log with actor and request (D08, S-136)."""

from subgraphs.kernel.audit import AUDIT_FUNCTION, DROP_AUDIT_FUNCTION, audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "user_0009_add_audit_triggers"
VERSION = "1.38.0"
DESCRIPTION = "add audit triggers"

TRIGGERS = {
    "user_profiles": audit_trigger("user_profiles"),
    "user_addresses": audit_trigger("user_addresses"),
    "user_preferences": audit_trigger("user_preferences"),
}

FORWARDS = (*AUDIT_FUNCTION, *TRIGGERS.values())
BACKWARDS = (*(drop_audit_trigger(table) for table in TRIGGERS), *DROP_AUDIT_FUNCTION)


async def forwards():
    return sql_migration(ID, "user", DESCRIPTION, FORWARDS, BACKWARDS)
