"""Which linked specifications a supergraph may need."""

from __future__ import annotations

import pytest

from router.gateway.features import unknown_features


def linking(url: str, purpose: str) -> str:
    return f'schema @link(url: "{url}"{purpose}) {{ query: Query }}'


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("core/v0", 2),
        ("join/v0", 5),
        ("inaccessible/v0", 2),
        ("authenticated/v0", 1),
        ("requiresScopes/v0", 1),
        ("policy/v0", 1),
        ("context/v0", 1),
        ("cacheTag/v0", 1),
    ],
)
@pytest.mark.parametrize("purpose", ["SECURITY", "EXECUTION"])
def test_known_versions(name: str, last: int, purpose: str) -> None:
    def unknown(version: int) -> list[str]:
        return unknown_features(linking(f"https://specs.apollo.dev/{name}.{version}", f", for: {purpose}"))

    assert [unknown(version) for version in range(1, last + 1)] == [[]] * last
    assert unknown(last + 1) == [f"https://specs.apollo.dev/{name}.{last + 1}"]


def test_a_known_specification_in_an_unknown_major_version() -> None:
    url = "https://specs.apollo.dev/join/v1.0"
    assert unknown_features(linking(url, ", for: EXECUTION")) == [url]
    assert unknown_features(linking("https://specs.apollo.dev/link/v1.0", ", for: EXECUTION")) == []


@pytest.mark.parametrize("purpose", ["SECURITY", "EXECUTION"])
def test_unknown(purpose: str) -> None:
    url = "https://specs.apollo.dev/connect/v0.1"
    assert unknown_features(linking(url, f", for: {purpose}")) == [url]
    assert unknown_features(f'schema @core(feature: "{url}", for: {purpose}) {{ query: Query }}') == [url]
    assert unknown_features(linking(url, "")) == []
