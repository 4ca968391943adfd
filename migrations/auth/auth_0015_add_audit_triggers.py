"""Add audit triggers: every change of these tables goes to audit_log with actor and request (D08, S-136)."""

from subgraphs.kernel.audit import AUDIT_FUNCTION, DROP_AUDIT_FUNCTION, audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "auth_0015_add_audit_triggers"
VERSION = "1.38.0"
DESCRIPTION = "add audit triggers"

TRIGGERS = {
    "users": audit_trigger("users", secrets=("password_hash",), ignored=("last_login_at",)),
    "sessions": audit_trigger("sessions", ignored=("last_seen_at", "ip")),
    "password_reset_tokens": audit_trigger("password_reset_tokens", secrets=("token_hash",)),
    "email_verification_tokens": audit_trigger("email_verification_tokens", secrets=("token_hash",)),
}

FORWARDS = (*AUDIT_FUNCTION, *TRIGGERS.values())
BACKWARDS = (*(drop_audit_trigger(table) for table in TRIGGERS), *DROP_AUDIT_FUNCTION)


async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, FORWARDS, BACKWARDS)
