"""The vocabulary of the shop's search: looking words up by likeness, and keeping it in step with the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from subgraphs.product.domain.spelling import MAX_WORD, variants, words_of
from subgraphs.product.tables import DB

_LOCK = 0x5704_0101  # advisory lock: one process at a time refreshes the vocabulary
_CANDIDATES = 500

_CURRENT = f"""
    SELECT word, ndoc FROM ts_stat($$
        SELECT to_tsvector('simple', fold_accents(name || ' ' || coalesce(description, '')))
        FROM products WHERE is_active
    $$) WHERE length(word) BETWEEN 3 AND {MAX_WORD}
"""


async def alike(words: Sequence[str]) -> Mapping[str, int]:
    """What these words may mean, the last being perhaps a beginning: known words with their products."""
    rows = await DB.fetch(
        "SELECT word, products FROM search_words_alike($1::text[], $2::text[], $3, $4)",
        words,
        sorted({variant for word in words for variant in variants(word)}),
        words[-1],
        _CANDIDATES,
    )
    return {row["word"]: row["products"] for row in rows}


async def refresh() -> int:
    """Make the vocabulary that of the products on sale; answers how many words came, changed or went."""
    async with DB.transaction():
        if not await DB.fetch_value("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
            return 0
        current = {
            row["word"]: row["ndoc"] for row in await DB.fetch(_CURRENT) if words_of(row["word"]) == [row["word"]]
        }
        known = {row["word"]: row["products"] for row in await DB.fetch("SELECT word, products FROM search_words")}
        changed = sorted(word for word, products in current.items() if known.get(word) != products)
        gone = sorted(known.keys() - current.keys())
        await _write(changed, current)
        if gone:
            await DB.execute("DELETE FROM search_words w WHERE w.word = ANY($1::text[])", gone)
        return len(changed) + len(gone)


async def _write(words: Sequence[str], products: Mapping[str, int]) -> None:
    if words:
        await DB.execute_many(
            """
            INSERT INTO search_words AS w (word, products, variants) VALUES ($1, $2, $3)
            ON CONFLICT (word) DO UPDATE SET products = excluded.products
            """,
            [(word, products[word], variants(word)) for word in words],
        )
