"""Require the expiry of cards: a comparison with nothing is unknown, which a check lets pass (S-040, S-109)."""

from subgraphs.kernel.migrations import sql_migration

ID = "payment_0016_require_the_expiry_of_cards"
VERSION = "1.38.0"
DESCRIPTION = "Require month and year of expiry of every method but PayPal"

FORWARDS = (
    """
    ALTER TABLE payment_methods ADD CONSTRAINT payment_methods_card_expiry_check
        CHECK (type = 'paypal' OR (expiry_month IS NOT NULL AND expiry_year IS NOT NULL))
    """,
)
BACKWARDS = ("ALTER TABLE payment_methods DROP CONSTRAINT IF EXISTS payment_methods_card_expiry_check",)


async def forwards():
    return sql_migration(ID, "payment", DESCRIPTION, FORWARDS, BACKWARDS)
