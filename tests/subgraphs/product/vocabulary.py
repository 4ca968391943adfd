"""A vocabulary so large that PostgreSQL would rather use its indexes than read it whole."""

from __future__ import annotations

import random

from subgraphs.product.domain.spelling import variants
from subgraphs.product.tables import DB

_WORDS = 6_000


async def large_vocabulary() -> None:
    """Some thousand words of four to twelve letters, the same each time, beside those that are there."""
    dice = random.Random(3)  # noqa: S311 - reproducible words
    words = {"".join(dice.choices("etaoinshrdlu", k=dice.randint(4, 12))) for _ in range(_WORDS)}
    await DB.execute_many(
        "INSERT INTO search_words (word, products, variants) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING",
        [(word, variants(word)) for word in sorted(words)],
    )
    await DB.execute("ANALYZE search_words")
