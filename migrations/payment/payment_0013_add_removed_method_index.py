"""Add the index of removed payment methods, longest first: a worker looks for them every five seconds (S-110)."""

from subgraphs.kernel.migrations import sql_migration

ID = "payment_0013_add_removed_method_index"
VERSION = "1.38.0"
DESCRIPTION = (
    "index removed payment methods; without, the worker that detaches them read the whole table in every round"
)

FORWARDS = (
    "CREATE INDEX idx_payment_methods_removed ON payment_methods (deleted_at, id) WHERE deleted_at IS NOT NULL",
)
BACKWARDS = ("DROP INDEX IF EXISTS idx_payment_methods_removed",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
