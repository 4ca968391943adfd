"""The record of what is stored twice names the test that keeps each copy right, and that test is there (S-127)."""

from __future__ import annotations

import re

from ops.rooms import ROOT

_RECORD = ROOT / "docs" / "decisions" / "0010-what-is-stored-twice-on-purpose.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_copy_has_its_test() -> None:
    rows = [line for line in _RECORD.read_text().splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= 10
    for row in rows:
        named = _TEST.search(row)
        assert named is not None, row
        path, name = named.groups()
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), row
