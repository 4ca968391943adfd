"""``supergraph.yaml`` is read as rover reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.composition import ConfigError, load_sources, read_config
from router.composition.config import parse_config

TEXT = """
federation_version: =2.9.0
subgraphs:
  books:
    routing_url: http://books/graphql
    schema:
      file: books.graphql
  music:
    schema:
      subgraph_url: http://music/graphql
  prices:
    routing_url: http://prices/graphql
    schema:
      sdl: "type Query { price: Int }"
"""


def test_all_three_ways_to_name_a_schema(tmp_path: Path) -> None:
    (tmp_path / "supergraph.yaml").write_text(TEXT)
    (tmp_path / "books.graphql").write_text("type Query { book: Int }")
    config = read_config(tmp_path / "supergraph.yaml")
    assert config.federation_version == "=2.9.0"
    sources = load_sources(config, Path.read_text, lambda url, _: f"type Query {{ from: Int }} # {url}")
    assert [(source.name, source.url, source.sdl) for source in sources] == [
        ("books", "http://books/graphql", "type Query { book: Int }"),
        ("music", "http://music/graphql", "type Query { from: Int } # http://music/graphql"),
        ("prices", "http://prices/graphql", "type Query { price: Int }"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[", "not YAML"),
        ("subgraphs: {}", "at least one subgraph"),
        ("subgraphs: {books: 1}", "subgraphs.books"),
        ("subgraphs: {books: {schema: {file: a, sdl: b}}}", "exactly one of"),
        ("subgraphs: {books: {routing_url: 1, schema: {file: a}}}", "routing_url"),
    ],
)
def test_what_is_wrong_is_named(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_config(text, Path("/"))


def test_a_file_that_is_no_text_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "supergraph.yaml").write_bytes(b"subgraphs: \xff")
    with pytest.raises(ConfigError, match="not UTF-8: invalid start byte at byte 11"):
        read_config(tmp_path / "supergraph.yaml")


def test_the_repository_has_one() -> None:
    config = read_config(Path(__file__).parents[3] / "supergraph.yaml")
    assert [subgraph.name for subgraph in config.subgraphs] == [
        "auth",
        "user",
        "product",
        "order",
        "payment",
        "notification",
    ]
