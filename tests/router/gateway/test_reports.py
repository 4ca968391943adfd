"""What is told of many requests at once is what would be told of each."""

from __future__ import annotations

from itertools import accumulate
from random import Random

import pytest
from graphql import OperationDefinitionNode, parse

from router.executor import FetchRecord
from router.gateway.identity import ANONYMOUS
from router.gateway.operations import Operation
from router.gateway.telemetry import Metrics, Reports
from router.gateway.telemetry.report import Report

PHASES = ["read", "prepare", "plan", "execute"]


def drawn(random: Random, operation: Operation) -> Report:
    """Any request: refused in any phase, without an answer, of a WebSocket, with failed fetches."""

    def seconds() -> float:  # in steps whose sums are exact in any order
        return random.randrange(1, 2**14) / 2**12

    fetches = [
        FetchRecord(
            random.choice(["a", "b"]), 0, 0.0, seconds(), random.choice([0, 200, 200, 404, 503]), 9, size, size % 3
        )
        for size in range(random.randrange(4))
    ]
    return Report(
        0.0,
        b"r",
        "POST",
        "/graphql",
        random.choice([200, 400, 499]),
        9,
        seconds(),
        [*accumulate(seconds() for _ in range(random.randrange(len(PHASES) + 2)))],
        random.choice([0.0, seconds()]),
        random.choice([None, operation]),
        None,
        None,
        ANONYMOUS,
        fetches,
        ["SOME_CODE"] * random.randrange(3),
        random.random() < 0.2,
        random.choice([None, None, "graphql-transport-ws"]),
    )


@pytest.mark.parametrize("seed", range(20))
async def test_many_reports_at_once_are_counted_as_one_by_one(seed: int) -> None:
    document = parse("{ a }")
    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)
    rendered = []
    for at_once in (True, False):
        random, metrics = Random(seed), Metrics()  # noqa: S311
        reports = Reports(metrics, None, PHASES)
        operation = Operation(document, definition, metrics.executed(definition), 1)
        for _ in range(60):
            reports.add(drawn(random, operation))
            if not at_once:
                reports.flush()
        reports.flush()
        rendered.append(sorted(line for line in metrics.render().decode().splitlines() if "_created" not in line))
    assert rendered[0] == rendered[1]
