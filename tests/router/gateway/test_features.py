"""Which linked specifications a supergraph may need."""

from __future__ import annotations

import pytest

from router.gateway.features import unknown_features


def linking(url: str, purpose: str) -> str:
    return f'schema @link(url: "{url}"{purpose}) {{ query: Query }}'


@pytest.mark.parametrize(
    "name", ["link", "join", "inaccessible", "authenticated", "requiresScopes", "policy", "context"]
)
@pytest.mark.parametrize("purpose", ["SECURITY", "EXECUTION"])
def test_known(name: str, purpose: str) -> None:
    assert unknown_features(linking(f"https://specs.apollo.dev/{name}/v0.1", f", for: {purpose}")) == []


@pytest.mark.parametrize("purpose", ["SECURITY", "EXECUTION"])
def test_unknown(purpose: str) -> None:
    url = "https://specs.apollo.dev/connect/v0.1"
    assert unknown_features(linking(url, f", for: {purpose}")) == [url]
    assert unknown_features(f'schema @core(feature: "{url}", for: {purpose}) {{ query: Query }}') == [url]
    assert unknown_features(linking(url, "")) == []
