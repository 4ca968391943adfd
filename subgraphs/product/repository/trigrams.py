"""Trigrams over the vocabulary, where the server offers pg_trgm: they find what a word too mistyped for its deletion
variants is like (decision 0008).

The extension and its index are made beside the migrations, which must come out alike everywhere: PostgreSQL from the
wheel has no extension. It is a trusted one, so the owner of a database may create it. Without it nothing is missing but
corrections of more than two edits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from subgraphs.kernel.settings import DatabaseSettings
from subgraphs.product.tables import DB

_LOCK = 0x5704_0102  # advisory lock: one process at a time makes them
_CANDIDATES = 50  # a word
_SIMILARITY = "0.2"  # three edits leave a word of nine letters less in common than pg_trgm asks for by itself, 0.3

_STATE = """
    SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS offered,
        to_regclass('idx_search_words_trigrams') IS NOT NULL AS indexed
"""
NEAR = """
    SELECT DISTINCT near.word, near.products FROM unnest($1::text[]) AS typed
    CROSS JOIN LATERAL (
        SELECT w.word, w.products FROM search_words w WHERE w.word % typed
        ORDER BY w.word <-> typed, w.products DESC, w.word LIMIT $2
    ) near
"""

_there_in: DatabaseSettings | None = None  # the database that this process knows to have them


async def provide() -> str | None:
    """Make what is missing of the extension and the index; answers why there are none, or None when there are.

    Any number of processes may do it at once and again. What the server refuses is an answer of one line, not an error.
    """
    try:
        reason = await _provide()
    except asyncpg.PostgresError as error:
        reason = str(error).partition("\n")[0]  # without hints
    _remember(DB.settings if reason is None else None)
    return reason


async def _provide() -> str | None:
    state = await DB.fetch_row(_STATE)
    if state["indexed"]:
        return None
    if not state["offered"]:
        return "the server has no pg_trgm"
    async with DB.transaction():
        await DB.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await DB.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        await DB.execute(
            "CREATE INDEX IF NOT EXISTS idx_search_words_trigrams ON search_words USING gin (word gin_trgm_ops)"
        )
    return None


def are_there() -> bool:
    """Whether the last ``provide`` of this process made or found them in the database that is open."""
    return _there_in is not None and _there_in == DB.settings


async def near(words: Sequence[str]) -> Mapping[str, int]:
    """The known words most like each of these, by the trigrams they share, with their products; only if ``are_there``.

    Nothing when the extension has been dropped since.
    """
    try:
        async with DB.transaction():
            await DB.execute("SELECT set_config('pg_trgm.similarity_threshold', $1, true)", _SIMILARITY)
            rows = await DB.fetch(NEAR, words, _CANDIDATES)
    except asyncpg.UndefinedFunctionError:
        _remember(None)
        return {}
    return {row["word"]: row["products"] for row in rows}


def _remember(settings: DatabaseSettings | None) -> None:
    global _there_in
    _there_in = settings
