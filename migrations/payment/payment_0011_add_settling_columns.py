"""Let the worker find what is in doubt: attempts without an outcome, orphaned money, refunds under way (D17)."""

from subgraphs.kernel.migrations import sql_migration

ID = "payment_0011_add_settling_columns"
VERSION = "1.38.0"
DESCRIPTION = "Add orphan mark and schedules to attempts and refunds"

FORWARDS = (
    """
    ALTER TABLE payment_attempts
        ADD COLUMN orphaned boolean NOT NULL DEFAULT false,
        ADD COLUMN next_poll_at timestamptz,
        ADD COLUMN polls integer NOT NULL DEFAULT 0,
        ADD CONSTRAINT payment_attempts_polls_check CHECK (polls >= 0)
    """,
    "CREATE INDEX idx_payment_attempts_next_poll_at ON payment_attempts (next_poll_at) WHERE next_poll_at IS NOT NULL",
    """
    ALTER TABLE refunds
        ADD COLUMN next_run_at timestamptz,
        ADD COLUMN tries integer NOT NULL DEFAULT 0,
        ADD CONSTRAINT refunds_tries_check CHECK (tries >= 0),
        ADD CONSTRAINT refunds_next_run_at_check CHECK (next_run_at IS NULL OR status IN ('pending', 'processing'))
    """,
    "CREATE INDEX idx_refunds_next_run_at ON refunds (next_run_at) WHERE next_run_at IS NOT NULL",
    "CREATE INDEX idx_refunds_transaction_id ON refunds (transaction_id) WHERE transaction_id IS NOT NULL",
    "COMMENT ON COLUMN payment_attempts.orphaned IS 'Money turned up after the payment was given up; it goes back'",
    "COMMENT ON COLUMN payment_attempts.next_poll_at IS 'When the provider is asked again; null when nothing is open'",
    "COMMENT ON COLUMN payment_attempts.polls IS 'How often the provider was asked'",
    "COMMENT ON COLUMN refunds.next_run_at IS 'When the worker carries it out or looks again; null when it is over'",
    "COMMENT ON COLUMN refunds.tries IS 'How often the provider was asked'",
)

BACKWARDS = (
    "ALTER TABLE refunds DROP COLUMN next_run_at, DROP COLUMN tries",
    "DROP INDEX idx_refunds_transaction_id",
    "ALTER TABLE payment_attempts DROP COLUMN orphaned, DROP COLUMN next_poll_at, DROP COLUMN polls",
)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
