"""Refuse sums that are no numbers: NaN counts as more than any bound, and equals any sum of it (S-109, D04)."""

from subgraphs.kernel.migrations import sql_migration

ID = "order_0014_refuse_sums_that_are_no_numbers"
VERSION = "1.38.0"
DESCRIPTION = "Refuse NaN as an amount of an order"

FORWARDS = (
    """
    ALTER TABLE orders ADD CONSTRAINT orders_money_number_check
        CHECK (subtotal <> 'NaN' AND shipping_cost <> 'NaN' AND tax <> 'NaN' AND discount <> 'NaN' AND total <> 'NaN')
    """,
    "ALTER TABLE order_items ADD CONSTRAINT order_items_unit_price_number_check CHECK (unit_price <> 'NaN')",
)
BACKWARDS = (
    "ALTER TABLE order_items DROP CONSTRAINT IF EXISTS order_items_unit_price_number_check",
    "ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_money_number_check",
)


async def forwards():
    return sql_migration(ID, "order", DESCRIPTION, FORWARDS, BACKWARDS)
