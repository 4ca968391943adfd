"""How long product keeps what (D45)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from subgraphs.kernel.upkeep import Retention, Upkeep

UPKEEP: Final = Upkeep(
    # What is held is in the products' counters, and what was sold may come back: both stay. What was given back stays
    # long enough to answer the order that asks again.
    retention=(Retention("stock_reservations", "updated_at", timedelta(days=90), "status IN ('released', 'expired')"),),
    kept={
        "categories": "the catalog; deleted ones can be restored",
        "products": "the catalog; deleted ones can be restored",
        "product_images": "as long as their product",
        "product_specifications": "as long as their product",
        "product_reviews": "the catalog; erasure takes their author away",
        "review_votes": "what a review's counter counts",
        "purchases": "what makes a review a verified purchase, until the account is erased",
        "search_words": "one row for each word of the catalog, made anew from it",
    },
)
