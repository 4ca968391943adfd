"""Watch what is held, also what was held before; leave the worker's clocks out of the audit trail (§5, D08)."""

from subgraphs.kernel.audit import audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0019_watch_what_is_held"
VERSION = "1.38.0"
DESCRIPTION = "Let the worker look at held attempts, and its schedules and counters leave no entry in the audit trail"

_SECRETS = ("idempotency_key", "request_hash")

FORWARDS = (
    "UPDATE payment_attempts SET next_poll_at = now() WHERE status = 'authorized' AND next_poll_at IS NULL",
    drop_audit_trigger("payment_attempts"),
    audit_trigger("payment_attempts", secrets=_SECRETS, ignored=("next_poll_at", "polls")),
    drop_audit_trigger("refunds"),
    audit_trigger("refunds", ignored=("next_run_at", "tries")),
)
BACKWARDS = (
    drop_audit_trigger("refunds"),
    audit_trigger("refunds"),
    drop_audit_trigger("payment_attempts"),
    audit_trigger("payment_attempts", secrets=_SECRETS),
)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
