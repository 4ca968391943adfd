"""What a campaign has found so far, as a file that programs read."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.router.fuzz.case import Case
from tests.router.fuzz.shrink import kind_of

__all__ = ["Finding", "Report"]

LISTED = 500
"""Findings listed in full; ``kinds`` counts all of them."""


@dataclass(frozen=True)
class Finding:
    """A case that failed, before it was shrunk. ``supergraph`` is the seed ``subgraphs`` makes its subgraphs from."""

    kind: str
    problem: str
    supergraph: int
    operation: str
    variables: dict[str, Any]
    faults: dict[str, Any] | None
    file: str | None = None
    """Where the shrunk case is, if it was shrunk."""

    @classmethod
    def of(cls, case: Case, problems: list[str], file: str | None) -> Finding:
        """What is kept of a failing case."""
        faults = None if case.faults is None else asdict(case.faults)
        operation = case.operation
        return cls(kind_of(problems[0]), problems[0], case.seed, operation.text, operation.variables, faults, file)


@dataclass
class Report:
    """Sums over portions."""

    seed: int
    operations: int = 0
    supergraphs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Take in what a portion found."""
        self.operations += other.operations
        self.supergraphs += other.supergraphs
        self.counts += other.counts
        self.kinds += other.kinds
        self.findings = [*self.findings, *other.findings][:LISTED]

    def write(self, path: Path, seconds: float) -> None:
        """Write JSON: numbers, counts by name, findings by kind and one by one."""
        body = {
            "seed": self.seed,
            "seconds": round(seconds, 1),
            "operations": self.operations,
            "supergraphs": self.supergraphs,
            "counts": dict(self.counts),
            "failed": self.kinds.total(),
            "kinds": dict(self.kinds),
            "findings": [asdict(one) for one in self.findings],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
