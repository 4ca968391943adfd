"""Let search_words_alike say which columns it gives: a new column of search_words would change its answer (S-119)."""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0025_name_the_columns_of_words_alike"
VERSION = "1.38.0"
DESCRIPTION = "search_words_alike names the columns that it gives"

SIGNATURE = "search_words_alike(text[], text[], text, integer)"
FUNCTION = """
    CREATE FUNCTION search_words_alike(typed text[], typed_variants text[], beginning text, most integer)
    RETURNS {returns} LANGUAGE sql STABLE SET enable_seqscan = off AS $$
        SELECT {columns} FROM search_words w
        WHERE w.word = ANY (typed) OR w.variants && typed_variants
            OR (w.word >= beginning AND w.word < beginning || chr(1114111))
        ORDER BY w.products DESC, w.word LIMIT most
    $$
    """
COMMENT = (
    f"COMMENT ON FUNCTION {SIGNATURE} IS "
    "'Known words that are among those typed, like one of them, or begin like the last; most frequent first'"
)

FORWARDS = (
    f"DROP FUNCTION {SIGNATURE}",
    FUNCTION.format(returns="TABLE (word varchar, products integer)", columns="w.word, w.products"),
    COMMENT,
)

BACKWARDS = (
    f"DROP FUNCTION {SIGNATURE}",
    FUNCTION.format(returns="SETOF search_words", columns="w.*"),
    COMMENT,
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
