"""Refuse amounts that are no numbers: NaN counts as more than any bound (S-109, D04)."""

from subgraphs.kernel.migrations import sql_migration

ID = "payment_0015_refuse_amounts_that_are_no_numbers"
VERSION = "1.38.0"
DESCRIPTION = "Refuse NaN as an amount of money"

FORWARDS = (
    "ALTER TABLE payments ADD CONSTRAINT payments_amount_number_check CHECK (amount <> 'NaN')",
    "ALTER TABLE payment_attempts ADD CONSTRAINT payment_attempts_amount_number_check CHECK (amount <> 'NaN')",
    "ALTER TABLE refunds ADD CONSTRAINT refunds_amount_number_check CHECK (amount <> 'NaN')",
)
BACKWARDS = (
    "ALTER TABLE refunds DROP CONSTRAINT IF EXISTS refunds_amount_number_check",
    "ALTER TABLE payment_attempts DROP CONSTRAINT IF EXISTS payment_attempts_amount_number_check",
    "ALTER TABLE payments DROP CONSTRAINT IF EXISTS payments_amount_number_check",
)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
