"""Add audit triggers: every change of these tables goes to audit_log with actor and request (D08, S-136)."""

from subgraphs.kernel.audit import AUDIT_FUNCTION, DROP_AUDIT_FUNCTION, audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0010_add_audit_triggers"
VERSION = "1.38.0"
DESCRIPTION = "add audit triggers"

TRIGGERS = {
    "payments": audit_trigger("payments", secrets=("gateway_response",)),
    "payment_methods": audit_trigger("payment_methods", secrets=("provider_token", "fingerprint")),
    "payment_attempts": audit_trigger("payment_attempts", secrets=("idempotency_key", "request_hash")),
    "refunds": audit_trigger("refunds"),
}

FORWARDS = (*AUDIT_FUNCTION, *TRIGGERS.values())
BACKWARDS = (*(drop_audit_trigger(table) for table in TRIGGERS), *DROP_AUDIT_FUNCTION)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
