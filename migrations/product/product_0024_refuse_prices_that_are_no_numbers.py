"""Refuse prices that are no numbers: NaN counts as more than any bound (S-109, D04)."""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0024_refuse_prices_that_are_no_numbers"
VERSION = "1.38.0"
DESCRIPTION = "Refuse NaN as a price"

FORWARDS = (
    "ALTER TABLE products ADD CONSTRAINT products_price_number_check CHECK (price <> 'NaN')",
    "ALTER TABLE stock_reservations ADD CONSTRAINT stock_reservations_unit_price_number_check "
    "CHECK (unit_price <> 'NaN')",
)
BACKWARDS = (
    "ALTER TABLE stock_reservations DROP CONSTRAINT IF EXISTS stock_reservations_unit_price_number_check",
    "ALTER TABLE products DROP CONSTRAINT IF EXISTS products_price_number_check",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
