"""Words too mistyped for their deletion variants: corrected by trigrams where PostgreSQL has them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from ops.backup import backup, verify
from ops.local.postgres import Cluster
from subgraphs.product.app import create_app
from subgraphs.product.domain.spelling import corrected, lost, reach, tolerance
from subgraphs.product.repository import spelling, trigrams
from subgraphs.product.service.searching import keep_vocabulary
from subgraphs.product.tables import DB
from tests.fixtures.databases import Databases
from tests.fixtures.postgres import own_server
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.product.conftest import Stockroom
from tests.subgraphs.product.vocabulary import large_vocabulary

DEBIAN = Path("/usr/lib/postgresql/15/bin")
CONTRIB = Path("/usr/share/postgresql/15/extension/pg_trgm.control")
SEARCH = """
query($query: String!) { search(query: $query) { correctedQuery didYouMean edges { node { name } } } }
"""
FOUND = """
SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'
UNION ALL SELECT indexname FROM pg_indexes WHERE indexname = 'idx_search_words_trigrams'
"""
BOTH = ["pg_trgm", "idx_search_words_trigrams"]
LONG = st.text("abcd", min_size=7, max_size=12)

pytestmark = pytest.mark.xdist_group("trigrams")  # one server, in one worker


@pytest.fixture(scope="module")
def with_extensions() -> Iterator[Databases]:
    """Databases on a server that has the contrib modules."""
    if not (CONTRIB.exists() and (DEBIAN / "initdb").exists()):
        pytest.skip(f"no PostgreSQL with pg_trgm in {DEBIAN}")
    with own_server("trigrams", DEBIAN) as server:
        yield Databases(server.at)


@pytest.fixture
async def shop(with_extensions: Databases, start_room: StartRoom) -> AsyncIterator[RoomClient]:
    """The room on such a server; nothing is provided yet."""
    settings = with_extensions.clone("product")
    try:
        async with start_room("product", create_app, database=settings) as client:
            stockroom = Stockroom()
            for name in ("Refrigerator", "Refrigerator Light", "Desk Lamp", "Wireless Headphones"):
                await stockroom.product(name)
            await spelling.refresh()
            yield client
    finally:
        with_extensions.drop(settings)


async def search(room: RoomClient, query: str) -> tuple[set[str], str | None, str | None]:
    result = (await room.query(SEARCH, {"query": query}))["search"]
    return {edge["node"]["name"] for edge in result["edges"]}, result["correctedQuery"], result["didYouMean"]


async def made() -> list[str]:
    return [row[0] for row in await DB.fetch(FOUND)]


# -- where PostgreSQL has them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant", "names"),
    [
        ("refridgeratter", "refrigerator", {"Refrigerator", "Refrigerator Light"}),
        ("refridgeratter lihgt", "refrigerator light", {"Refrigerator Light"}),
        ("wierlss hedhponess", "wireless headphones", {"Wireless Headphones"}),
    ],
)
async def test_three_edits_in_a_long_word_are_corrected(
    shop: RoomClient, typed: str, meant: str, names: set[str]
) -> None:
    assert await search(shop, typed) == (set(), None, None)
    assert await trigrams.provide() is None
    assert await search(shop, typed) == (names, meant, None)


@pytest.mark.parametrize("typed", ["lmaaap", "refridgerattters", "qqqqqqqqqqqq", "refrigerat0r", "xylophnoe"])
async def test_what_is_further_off_still_finds_nothing(shop: RoomClient, typed: str) -> None:
    assert await trigrams.provide() is None
    assert await search(shop, typed) == (set(), None, None)


async def test_only_a_search_that_nothing_else_corrects_costs_more(shop: RoomClient) -> None:
    asked = ("lamp", "lmap", "lamb", "refrigerators", "zzzzz", "refridgeratter")
    whole = '{ search(query: "%s") { correctedQuery didYouMean edges { node { name } } } }'
    before = [await shop.statements(whole % query) for query in asked]
    assert await trigrams.provide() is None
    after = [await shop.statements(whole % query) for query in asked]
    assert after[:-1] == before[:-1]
    assert after[-1] == before[-1] + 3  # how near, the words that are, and the search for them


async def test_hits_are_never_doubted_by_trigrams(shop: RoomClient) -> None:
    """A stem is found though the vocabulary does not know the word: what was meant is no question."""
    await trigrams.provide()
    await DB.execute("DELETE FROM search_words WHERE word = 'headphones'")
    await DB.execute("INSERT INTO search_words (word, products, variants) VALUES ('headphonist', 9, '{}')")
    assert await search(shop, "headphone") == ({"Wireless Headphones"}, None, None)


async def test_the_nearest_comes_first_then_the_more_frequent(shop: RoomClient) -> None:
    await trigrams.provide()
    rows = [("abcdefghijklxyz", 9), ("abcdefghijklmno", 1), ("abcdefghijklmns", 2), ("abcdefghijklmnt", 3)]
    await DB.execute_many("INSERT INTO search_words (word, products, variants) VALUES ($1, $2, '{}')", rows)
    near = await trigrams.near(["abcdefghijklmnopqr"])
    assert dict(rows).items() <= near.items()
    assert corrected(["abcdefghijklmnopqr"], {}, near) == "abcdefghijklmno"
    del near["abcdefghijklmno"]
    assert corrected(["abcdefghijklmuv"], {}, near) == "abcdefghijklmnt"


async def test_near_words_are_found_by_their_index(shop: RoomClient) -> None:
    await large_vocabulary()
    await trigrams.provide()
    async with DB.transaction():
        await DB.execute("SET LOCAL pg_trgm.similarity_threshold = 0.2")
        asked = ["refridgeratter", "hedhponess"], 50
        plan = json.dumps(await DB.fetch_value(f"EXPLAIN (ANALYZE, FORMAT JSON) {trigrams.NEAR}", *asked))
    assert '"Index Name": "idx_search_words_trigrams"' in plan
    assert "Seq Scan" not in plan


async def test_what_is_there_is_left_alone(shop: RoomClient) -> None:
    assert await made() == []
    assert await trigrams.provide() is None
    assert await made() == BOTH
    index = "SELECT 'idx_search_words_trigrams'::regclass::oid"
    oid = await DB.fetch_value(index)
    assert await trigrams.provide() is None
    assert (await made(), await DB.fetch_value(index)) == (BOTH, oid)


async def test_several_may_make_them_at_once(shop: RoomClient) -> None:
    assert await asyncio.gather(*(trigrams.provide() for _ in range(4))) == [None] * 4
    assert await made() == BOTH
    assert trigrams.are_there()


async def test_who_may_not_create_an_extension_does_without(shop: RoomClient, with_extensions: Databases) -> None:
    name = shop.room.settings.database.name
    with_extensions.run(f"REVOKE CREATE ON DATABASE {name} FROM product_svc")
    assert await trigrams.provide() == 'permission denied to create extension "pg_trgm"'
    assert not trigrams.are_there()
    assert await made() == []
    assert (await search(shop, "lmap"))[1:] == ("lamp", None)
    assert (await search(shop, "refridgeratter"))[1:] == (None, None)


async def test_an_extension_that_went_away_is_missed_by_nobody(shop: RoomClient, with_extensions: Databases) -> None:
    await trigrams.provide()
    assert (await search(shop, "refridgeratter"))[1] == "refrigerator"
    with_extensions.run("DROP EXTENSION pg_trgm CASCADE", database=shop.room.settings.database.name)
    assert await search(shop, "refridgeratter") == (set(), None, None)
    assert not trigrams.are_there()
    await trigrams.provide()
    assert (await search(shop, "refridgeratter"))[1] == "refrigerator"


async def test_a_backup_brings_them_along(shop: RoomClient, with_extensions: Databases, tmp_path: Path) -> None:
    await trigrams.provide()
    settings, at = shop.room.settings.database, with_extensions.server
    taken = await backup({"product": settings}, tmp_path)
    await verify(taken, "product", settings, Cluster(at.host, at.port, at.user, at.password))


# -- where it has not -------------------------------------------------------------------------------------------------


async def test_without_the_extension_nothing_changes(room: RoomClient, stockroom: Stockroom) -> None:
    if await DB.fetch_value("SELECT true FROM pg_available_extensions WHERE name = 'pg_trgm'"):
        pytest.skip("this run's server has pg_trgm")
    await stockroom.product("Refrigerator")
    await spelling.refresh()
    asked = '{ search(query: "refridgeratter") { correctedQuery edges { node { name } } } }'
    before = await room.statements(asked)
    assert await trigrams.provide() == "the server has no pg_trgm"
    assert (await made(), trigrams.are_there()) == ([], False)
    assert await room.statements(asked) == before
    assert await search(room, "refridgeratter") == (set(), None, None)


async def test_the_worker_says_it_once(
    room: RoomClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = iter(range(3))

    async def refresh() -> int:
        if next(rounds, None) is None:
            raise asyncio.CancelledError
        return 0

    monkeypatch.setattr("subgraphs.product.service.searching._REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(spelling, "refresh", refresh)
    with caplog.at_level("INFO", "stoa.product.search"), pytest.raises(asyncio.CancelledError):
        await keep_vocabulary(room.room)
    said = [record.getMessage() for record in caplog.records if "trigrams" in record.getMessage()]
    assert said == [f"product: trigrams of the vocabulary: {await trigrams.provide() or 'there'}"]


# -- the rule itself --------------------------------------------------------------------------------------------------


@given(LONG, st.dictionaries(LONG, st.integers(1, 9), max_size=8), st.dictionaries(LONG, st.integers(1, 9), max_size=8))
def test_further_words_count_only_where_the_vocabulary_has_none(
    typed: str, vocabulary: dict[str, int], further: dict[str, int]
) -> None:
    plain, result = corrected([typed], vocabulary), corrected([typed], vocabulary, further)
    if typed not in lost([typed], vocabulary):
        if reach(typed) > tolerance(typed):
            assert result == plain
        return
    assert plain is None
    near = {known: OSA.distance(typed, known) for known in further if OSA.distance(typed, known) <= reach(typed)}
    if result is None:
        assert set(near) <= {typed}
    else:
        assert near[result] == min(near.values())
        assert further[result] == max(further[known] for known in near if near[known] == near[result])


def test_the_reach_grows_with_the_word() -> None:
    assert [reach("a" * letters) for letters in (2, 4, 5, 8, 9, 64)] == [0, 1, 2, 2, 3, 3]
    assert reach("abcdefghij1") == 0
