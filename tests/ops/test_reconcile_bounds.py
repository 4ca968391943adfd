"""A report lists a maximum of each kind, and counts the rest of a shop in which everything is wrong."""

from __future__ import annotations

import random
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest

from ops.reconcile import Finding, reconcile, report
from ops.rooms import ROOMS
from tests.fixtures.databases import RoomDatabases

_LETTERS = """
INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error)
SELECT 'payment', gen_random_uuid(), 'order.created', 'events:order', '{}', 'broken' FROM generate_series(1, $1)
"""


@pytest.mark.parametrize("count", [0, 1, 3, 4, 11])
async def test_letters_beyond_the_maximum_are_counted(
    room_database: RoomDatabases, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(report, "KEPT", 3)
    databases = {room: room_database(room) for room in ROOMS}
    connection = await asyncpg.connect(**databases["payment"].connect_arguments())
    await connection.execute(_LETTERS, count)
    await connection.close()
    found = await reconcile(databases)
    assert len(found) == min(count, 3) + (count > 3)
    assert {finding.code for finding in found} <= {"DEAD_LETTER"}
    assert sum(finding.count for finding in found) == count
    if count > 3:
        assert str(found[-1]).endswith(f"others: {count - 3} more of this kind are not listed")


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_and_every_kind_is_bounded(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    monkeypatch.setattr(report, "KEPT", rng.randint(1, 9))
    findings = [Finding(rng.choice("ABC"), str(uuid4()), "wrong") for _ in range(rng.randint(0, 60))]
    kept = report.Report()
    for finding in findings:
        kept.add(finding)
    listed = kept.listed()
    counts: Counter[str] = Counter()
    for finding in listed:
        counts[finding.code] += finding.count
    assert counts == Counter(finding.code for finding in findings)
    single = [finding for finding in listed if finding.subject != "others"]
    assert single == sorted(single)
    assert set(single) <= set(findings)
    assert max(Counter(finding.code for finding in single).values(), default=0) <= report.KEPT
