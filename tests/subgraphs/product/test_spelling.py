"""Mistyped searches: corrected when they find nothing, a suggestion when they find little, never mixed with hits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from subgraphs.product.domain.spelling import corrected, tolerance, variants, words_of
from subgraphs.product.repository import spelling
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.product.vocabulary import large_vocabulary

SEARCH = """
query($query: String!, $first: Int, $after: String, $filter: ProductFilter) {
  search(query: $query, first: $first, after: $after, filter: $filter) {
    totalCount correctedQuery didYouMean pageInfo { hasNextPage endCursor } edges { node { name } } } }
"""
WORDS = st.text("abcde", min_size=3, max_size=9)


@pytest.fixture
async def goods(stockroom) -> None:
    for name in ("Desk Lamp", "Floor Lamp", "Lamp", "Lamp Shade", "Coffee Mug", "Laptop Sleeve", "Café Chair"):
        await stockroom.product(name)
    await stockroom.product("Wireless Headphones", description="Sound without cables")
    await stockroom.product("Hidden Xylophone", active=False)
    await spelling.refresh()


async def search(room: RoomClient, query: str, **arguments: Any) -> tuple[list[str], str | None, str | None]:
    result = (await room.query(SEARCH, {"query": query, **arguments}))["search"]
    return [edge["node"]["name"] for edge in result["edges"]], result["correctedQuery"], result["didYouMean"]


@pytest.mark.usefixtures("goods")
@pytest.mark.parametrize(
    ("typed", "meant", "names"),
    [
        ("lmap", "lamp", {"Desk Lamp", "Floor Lamp", "Lamp", "Lamp Shade"}),
        ("mgu", "mug", {"Coffee Mug"}),
        ("laptpo", "laptop", {"Laptop Sleeve"}),
        ("Wireles  HEDPHONES!", "wireless headphones", {"Wireless Headphones"}),
        ("desk lanp", "desk lamp", {"Desk Lamp"}),
        ("caffé chiar", "cafe chair", {"Café Chair"}),
    ],
)
async def test_what_was_meant_is_found_and_said(room: RoomClient, typed: str, meant: str, names: set[str]) -> None:
    found, corrected_query, suggestion = await search(room, typed)
    assert (set(found), corrected_query, suggestion) == (names, meant, None)


@pytest.mark.usefixtures("goods")
@pytest.mark.parametrize("typed", ["xylophnoe", "qqqqqqq", "la", "12345", "zz", "lamp qqqqqq", "desk mug"])
async def test_what_is_not_near_anything_finds_nothing(room: RoomClient, typed: str) -> None:
    found, corrected_query, _ = await search(room, typed)
    assert corrected_query is None
    assert found == [] or typed == "la"


@pytest.mark.usefixtures("goods")
async def test_a_known_word_is_never_corrected_away(room: RoomClient) -> None:
    expensive = {"price": {"min": "1000000"}}
    assert await search(room, "lamp", filter=expensive) == ([], None, None)


@pytest.mark.usefixtures("goods")
async def test_little_is_not_mixed_with_guesses_but_gets_a_suggestion(room: RoomClient, stockroom) -> None:
    await stockroom.product("Lamb Wool Blanket")
    found, corrected_query, suggestion = await search(room, "lamb")
    assert (found, corrected_query) == (["Lamb Wool Blanket"], None)
    assert suggestion == "lamp"  # until the vocabulary has heard of the blanket
    await spelling.refresh()
    assert await search(room, "lamb") == (["Lamb Wool Blanket"], None, None)


@pytest.mark.usefixtures("goods")
async def test_pages_of_a_corrected_search_go_on_where_they_were(room: RoomClient) -> None:
    names, cursor = [], None
    for _ in range(4):
        result = (await room.query(SEARCH, {"query": "lmap", "first": 1, "after": cursor}))["search"]
        assert (result["correctedQuery"], result["totalCount"]) == ("lamp", 4)
        names += [edge["node"]["name"] for edge in result["edges"]]
        cursor = result["pageInfo"]["endCursor"]
    assert sorted(names) == ["Desk Lamp", "Floor Lamp", "Lamp", "Lamp Shade"]
    assert result["pageInfo"]["hasNextPage"] is False


@pytest.mark.usefixtures("goods")
async def test_the_end_of_a_list_is_no_reason_to_correct(room: RoomClient) -> None:
    last = (await room.query(SEARCH, {"query": "mug"}))["search"]["pageInfo"]["endCursor"]
    assert await search(room, "mug", after=last) == ([], None, None)


@pytest.mark.usefixtures("goods")
async def test_a_corrected_search_costs_two_statements_more(room: RoomClient) -> None:
    whole = "{ search(query: %s) { totalCount facets { name } edges { node { primaryImage { url } } } } }"
    assert await room.statements(whole % '"lamp"') == 4
    assert await room.statements(whole % '"lmap"') == 6


@pytest.mark.usefixtures("goods")
async def test_a_small_page_of_many_is_not_little(room: RoomClient) -> None:
    asked = '{ search(query: "lam", first: 1) { didYouMean edges { node { name } } } }'
    assert await room.statements(asked) == 1


@pytest.mark.usefixtures("goods")
async def test_counts_alone_agree_with_the_page(room: RoomClient) -> None:
    answer = await room.query('{ search(query: "lmap") { totalCount correctedQuery } }')
    assert answer["search"] == {"totalCount": 4, "correctedQuery": "lamp"}


async def test_the_vocabulary_follows_the_catalog(room: RoomClient, stockroom) -> None:
    lamp = await stockroom.product("Lamp", description="A lamp for the desk")
    assert await spelling.refresh() == 4
    assert dict(await DB.fetch("SELECT word, products FROM search_words")) == dict.fromkeys(
        ("lamp", "for", "the", "desk"), 1
    )
    assert await spelling.refresh() == 0
    await stockroom.product("Lamp")
    assert await spelling.refresh() == 1
    await DB.execute("UPDATE products SET is_active = false WHERE id = $1", lamp)
    assert await spelling.refresh() == 4
    assert dict(await DB.fetch("SELECT word, products FROM search_words")) == {"lamp": 1}


async def test_likely_words_are_found_by_their_index(room: RoomClient) -> None:
    await large_vocabulary()
    scans = "SELECT idx_scan, seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'search_words'"
    async with DB.transaction():
        before = await DB.fetch_row(scans)
        await spelling.alike(["desk", "laptpo"])
        after = await DB.fetch_row(scans)
    assert after["seq_scan"] == before["seq_scan"]
    assert after["idx_scan"] >= before["idx_scan"] + 3


# -- the rule itself -------------------------------------------------------------------------------------------------


@given(WORDS, WORDS)
def test_words_within_tolerance_share_a_variant(typed: str, known: str) -> None:
    """Otherwise the index would not lead from one to the other. Long words may part behind their beginnings."""
    near = OSA.distance(typed, known) <= min(tolerance(typed), tolerance(known))
    if near and max(len(typed), len(known)) <= 8:
        assert set(variants(typed)) & set(variants(known))


@given(st.lists(WORDS, min_size=1, max_size=3), st.dictionaries(WORDS, st.integers(1, 9), max_size=8))
def test_a_correction_is_the_nearest_known_word(words: list[str], vocabulary: dict[str, int]) -> None:
    result = corrected(words, vocabulary)
    if result is None:
        return
    for typed, meant in zip(words, result.split(" "), strict=True):
        if typed != meant:
            assert typed not in vocabulary
            distances = {known: OSA.distance(typed, known) for known in vocabulary}
            assert distances[meant] == min(distances.values()) <= tolerance(typed)


def test_words_are_spelt_as_the_search_document_spells_them() -> None:
    assert words_of("Café-Straße №5, ŁÓDŹ's “Œuvre”") == ["cafe", "strasse", "no5", "lodz", "s", "oeuvre"]
