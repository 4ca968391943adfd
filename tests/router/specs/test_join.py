"""Names of subgraphs as enum values, and the join version of a federation version."""

from __future__ import annotations

import pytest

from router.specs.feature import FeatureVersion
from router.specs.join import graph_enum_values, join_url_for


def test_enum_values_are_names_and_distinct() -> None:
    assert graph_enum_values(["aSub", "2d", "b-1", "x.y", "x_y", "x-y"]) == {
        "2d": "_2D",
        "aSub": "ASUB",
        "b-1": "B_1_",
        "x-y": "X_Y_1",
        "x.y": "X_Y_2",
        "x_y": "X_Y_3",
    }


@pytest.mark.parametrize(("minor", "join"), [(0, "v0.3"), (6, "v0.3"), (7, "v0.4"), (8, "v0.5"), (14, "v0.5")])
def test_join_version(minor: int, join: str) -> None:
    assert str(join_url_for(FeatureVersion(2, minor)).version) == join
