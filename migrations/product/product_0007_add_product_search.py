"""Add product search: one weighted, accent-folded document per product, and the query function beside it (S-089).

``fold_accents`` stands in for the unaccent extension, which the embedded PostgreSQL lacks and which is not immutable.
``product_search_query`` turns what a person types into a query: every word is wanted, stemmed; the last one is taken as
the beginning of a word, stemmed or as typed, because it may still be being typed.
"""

from subgraphs.kernel.migrations import sql_migration

ID = "product_0007_add_product_search"
VERSION = "1.38.0"
DESCRIPTION = "Add the weighted search document of products, its index and its query function"

FORWARDS = (
    """
    CREATE FUNCTION fold_accents(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT replace(replace(replace(translate(lower(words),
            'àáâãäåāăąçćĉċčďđðèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżž'
            'ÀÁÂÃÄÅĀĂĄÇĆĈĊČĎĐÐÈÉÊËĒĔĖĘĚĜĞĠĢĤĦÌÍÎÏĨĪĬĮĴĶĹĻĽĿŁÑŃŅŇÒÓÔÕÖØŌŎŐŔŖŘŚŜŞŠŢŤŦÙÚÛÜŨŪŬŮŰŲŴÝŸŶŹŻŽ',
            'aaaaaaaaacccccdddeeeeeeeeegggghhiiiiiiiiijklllllnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzz'
            'aaaaaaaaacccccdddeeeeeeeeegggghhiiiiiiiijklllllnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzz'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
    $$
    """,
    "COMMENT ON FUNCTION fold_accents(text) IS 'Lower case without diacritics, for search and for sorting by name'",
    """
    ALTER TABLE products ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', fold_accents(name)), 'A')
        || setweight(to_tsvector('english', fold_accents(coalesce(description, ''))), 'B')
    ) STORED
    """,
    "COMMENT ON COLUMN products.search IS 'Stemmed words of the name (weight A) and the description (weight B)'",
    "CREATE INDEX idx_products_search ON products USING gin (search)",
    """
    ALTER TABLE products ADD COLUMN name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (fold_accents(name)) STORED
    """,
    "COMMENT ON COLUMN products.name_key IS 'The name as lists sort by it: lower case, no diacritics, byte order'",
    "CREATE INDEX idx_products_name ON products (name_key, id) WHERE is_active",
    """
    CREATE FUNCTION product_search_query(typed text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    DECLARE
        words text[] := array_remove(regexp_split_to_array(fold_accents(typed), '[^[:alnum:]]+'), '');
        earlier tsquery;
        last_word tsquery;
    BEGIN
        IF cardinality(words) = 0 THEN
            RETURN ''::tsquery;
        END IF;
        earlier := plainto_tsquery('english', array_to_string(trim_array(words, 1), ' '));
        last_word := plainto_tsquery('english', words[cardinality(words)]);
        IF numnode(last_word) > 0 THEN
            last_word := to_tsquery('english', words[cardinality(words)] || ':*')
                || to_tsquery('simple', words[cardinality(words)] || ':*');
        ELSIF numnode(earlier) = 0 THEN
            last_word := to_tsquery('simple', words[cardinality(words)] || ':*');
        END IF;
        RETURN earlier && last_word;
    END
    $$
    """,
    "COMMENT ON FUNCTION product_search_query(text) IS 'Query for typed text: all words, the last as a prefix'",
)

BACKWARDS = (
    "DROP FUNCTION product_search_query(text)",
    "DROP INDEX idx_products_name",
    "ALTER TABLE products DROP COLUMN name_key",
    "ALTER TABLE products DROP COLUMN search",
    "DROP FUNCTION fold_accents(text)",
)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
