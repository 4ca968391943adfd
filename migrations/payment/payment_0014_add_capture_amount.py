"""Keep what was decided to take of a hold, so that a part that staff took differs from a wrong amount (S-039)."""

from subgraphs.kernel.migrations import sql_migration

ID = "payment_0014_add_capture_amount"
VERSION = "1.38.0"
DESCRIPTION = "Add the amount that is to be captured, written before the provider is asked"

FORWARDS = (
    """
    ALTER TABLE payments
        ADD COLUMN capture_amount numeric(10, 2),
        ADD CONSTRAINT payments_capture_amount_check CHECK (0 < capture_amount AND capture_amount <= amount)
    """,
    "COMMENT ON COLUMN payments.capture_amount IS "
    "'What was decided to take of the hold before the provider was asked; null while nothing is decided'",
)

BACKWARDS = ("ALTER TABLE payments DROP COLUMN capture_amount",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
