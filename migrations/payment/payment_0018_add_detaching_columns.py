"""Let a stored method be written down before the provider has it, and each removed one wait for itself (S-040, D18)."""

from subgraphs.kernel.audit import audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "payment_0018_add_detaching_columns"
VERSION = "1.38.0"
DESCRIPTION = "Mark methods that are being stored; say of each removed one when the provider is asked to forget it"

_SECRETS = ("provider_token", "fingerprint")

FORWARDS = (
    """
    ALTER TABLE payment_methods
        ADD COLUMN storing boolean NOT NULL DEFAULT false,
        ADD COLUMN detach_after timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN detach_tries integer NOT NULL DEFAULT 0,
        ADD CONSTRAINT payment_methods_storing_check CHECK (NOT (storing AND deleted_at IS NULL)),
        ADD CONSTRAINT payment_methods_detach_tries_check CHECK (detach_tries >= 0)
    """,
    "DROP INDEX IF EXISTS idx_payment_methods_removed",
    "CREATE INDEX idx_payment_methods_removed ON payment_methods (detach_after, id) WHERE deleted_at IS NOT NULL",
    drop_audit_trigger("payment_methods"),
    audit_trigger("payment_methods", secrets=_SECRETS, ignored=("detach_after", "detach_tries")),
    """
    COMMENT ON COLUMN payment_methods.storing IS
        'Not stored yet: the token is the one-time one, and the id is the key under which the provider stores it'
    """,
    "COMMENT ON COLUMN payment_methods.detach_after IS 'Once removed: when the provider is asked to forget it'",
    "COMMENT ON COLUMN payment_methods.detach_tries IS 'How often the provider was asked to forget it'",
)
BACKWARDS = (
    drop_audit_trigger("payment_methods"),
    audit_trigger("payment_methods", secrets=_SECRETS),
    "DROP INDEX IF EXISTS idx_payment_methods_removed",
    "CREATE INDEX idx_payment_methods_removed ON payment_methods (deleted_at, id) WHERE deleted_at IS NOT NULL",
    """
    ALTER TABLE payment_methods DROP COLUMN IF EXISTS storing, DROP COLUMN IF EXISTS detach_after,
        DROP COLUMN IF EXISTS detach_tries
    """,
)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
