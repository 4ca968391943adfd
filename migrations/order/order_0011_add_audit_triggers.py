"""Add audit triggers: every change of these tables goes to audit_log with actor and request (D08, S-136)."""

from subgraphs.kernel.audit import AUDIT_FUNCTION, DROP_AUDIT_FUNCTION, audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "order_0011_add_audit_triggers"
VERSION = "1.38.0"
DESCRIPTION = "add audit triggers"

TRIGGERS = {
    "orders": audit_trigger("orders", secrets=("idempotency_key",)),
    "order_items": audit_trigger("order_items"),
}

FORWARDS = (*AUDIT_FUNCTION, *TRIGGERS.values())
BACKWARDS = (*(drop_audit_trigger(table) for table in TRIGGERS), *DROP_AUDIT_FUNCTION)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
