"""What names mean by the links of a schema."""

from __future__ import annotations

import pytest
from graphql import parse

from router.specs.feature import FeatureUrl, FeatureVersion, InvalidFeatureUrlError
from router.specs.link import Link, read_links

FEDERATION = "https://specs.apollo.dev/federation/v2.9"


def test_local_names() -> None:
    link = Link(FeatureUrl.parse(FEDERATION), imports={"@key": "@id", "@tag": "@tag"})
    assert link.local_name("@key") == "@id"
    assert link.local_name("@tag") == "@tag"
    assert link.local_name("@shareable") == "@federation__shareable"
    assert link.local_name("FieldSet") == "federation__FieldSet"
    assert Link(link.url, alias="fed").local_name("@shareable") == "@fed__shareable"


def test_origins() -> None:
    document = parse(
        f'schema @link(url: "{FEDERATION}", as: "fed", import: [{{name: "@key", as: "@id"}}])'
        ' @link(url: "https://example.com/audit/v1.0") { query: Query } type Query { a: Int }'
    )
    links, problems = read_links(document)
    assert problems == []

    def origin(name: str) -> tuple[str, str] | None:
        found = links.origin(name)
        return (found[0].url.name, found[1]) if found else None

    assert origin("@id") == ("federation", "@key")
    assert origin("@fed__shareable") == ("federation", "@shareable")
    assert origin("@audit") == ("audit", "@audit")
    assert origin("@audit__trail") == ("audit", "@trail")
    assert origin("@key") is None


@pytest.mark.parametrize(
    "url", ["federation/v2.0", "https://specs.apollo.dev/v2.0", "https://a.dev/b/v1", "https://a.dev/b"]
)
def test_urls_that_name_nothing(url: str) -> None:
    with pytest.raises(InvalidFeatureUrlError):
        FeatureUrl.parse(url)


def test_versions_are_ordered_as_numbers() -> None:
    assert FeatureVersion.parse("v2.10") > FeatureVersion.parse("v2.9")
