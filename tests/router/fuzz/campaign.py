"""Many cases in a row, from one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.router.fuzz.case import Case, Rejected, Served
from tests.router.fuzz.faults import Faults
from tests.router.fuzz.measure import measure
from tests.router.fuzz.operations import Operation, random_operation
from tests.router.fuzz.supergraphs import subgraphs
from tests.router.fuzz.world import Impossible

__all__ = ["Campaign"]

ACCEPTED_REJECTS = frozenset(("ONLY_INACCESSIBLE_CHILDREN", "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"))
"""Reasons the composer may have: types are hidden without asking which members a union has got, and shared abstract
fields drawn without asking what they have in common."""

OPERATIONS_PER_SUPERGRAPH = 40


@dataclass
class Campaign:
    """``run(count)`` gives failing cases; the counters tell how far it is."""

    seed: int
    operations: int = 0
    supergraphs: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, count: int) -> Iterator[tuple[Case, list[str]]]:
        """Run ``count`` operations; the cases that fail, and what is wrong with them."""
        number = self.seed * 1_000_000
        while self.operations < count:
            number += 1
            served = self._serve(number)
            if isinstance(served, Served):
                yield from self._ask(served, number, count)
            elif served is not None:
                yield served

    def _serve(self, number: int) -> Served | tuple[Case, list[str]] | None:
        sdls = subgraphs(number)
        self.supergraphs += 1
        try:
            return Served(sdls, number)
        except Rejected as rejected:
            self.counts.update(f"rejected: {code}" for code in rejected.codes)
            if ACCEPTED_REJECTS.issuperset(rejected.codes):
                return None
            return Case(sdls, number, Operation("{ __typename }", {})), [f"rejected: {rejected}"]
        except Impossible:
            self.counts["without data"] += 1
            return None

    def _ask(self, served: Served, number: int, count: int) -> Iterator[tuple[Case, list[str]]]:
        for index in range(OPERATIONS_PER_SUPERGRAPH):
            if self.operations >= count:
                return
            seed = number * 1000 + index
            operation = random_operation(served.supergraph.api_schema, seed)
            if operation is None:
                self.counts["invalid operations drawn"] += 1
                continue
            self.operations += 1
            yield from self._execute(served, operation, seed)

    def _execute(self, served: Served, operation: Operation, seed: int) -> Iterator[tuple[Case, list[str]]]:
        """One plan, executed as drawn, with other conditions, and with faults; until something is wrong."""
        turned = {name: not value if isinstance(value, bool) else value for name, value in operation.variables.items()}
        other = replace(operation, variables=turned)
        faults = Faults(seed, (0.15, 0.4)[seed % 2]) if seed % 3 and not served.world.has_contexts else None
        runs = [(operation, None), *([(other, None)] if other != operation else []), (other, faults)]
        for asked, wrong in runs if faults is not None else runs[:-1]:
            self.counts["executions"] += 1
            self.counts["executions with faults"] += wrong is not None
            problems = served.problems(asked, wrong)
            if problems:
                yield Case(served.sdls, served.seed, asked, wrong, served.supergraph_sdl), problems
                return
        self.counts.update(measure(operation.document, served.prepare(operation).plan))
