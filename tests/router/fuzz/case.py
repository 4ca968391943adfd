"""A case: subgraphs, data, operation and faults, all that is needed to run it again; and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import DocumentNode, OperationDefinitionNode
from graphql.execution.values import get_variable_values

from router.composition import SubgraphSource, compose
from router.executor import ExecutablePlan, RequestContext, Response, TransportError, compile_plan
from router.planner import Planner
from router.query_plan import QueryPlan
from router.query_plan.nodes import fetches
from router.supergraph import Supergraph, with_defer
from tests.router.fuzz.check import findings
from tests.router.fuzz.deferred import deferred_findings, reassembled, undeferred
from tests.router.fuzz.faults import Faults
from tests.router.fuzz.operations import Operation
from tests.router.fuzz.oracle import Truth, true_answer
from tests.router.fuzz.subgraph import Run, Subgraph
from tests.router.fuzz.world import World

__all__ = ["Case", "Prepared", "Rejected", "Served"]


class Rejected(Exception):  # noqa: N818 - an answer of the composer
    """The subgraphs do not compose; ``codes`` say why."""

    def __init__(self, codes: list[str], message: str) -> None:
        super().__init__(message)
        self.codes = codes


@dataclass(frozen=True)
class Prepared:
    """An operation that can be executed with any faults, and with variables that give ``decided`` the same values."""

    text: str
    plain: DocumentNode
    """Without ``@defer``."""
    decided: Mapping[str, Any]
    plan: QueryPlan
    executable: ExecutablePlan

    def serves(self, operation: Operation, variables: Mapping[str, Any]) -> bool:
        """Whether this is the plan for an operation with coerced variables."""
        return self.text == operation.text and all(variables[name] == value for name, value in self.decided.items())


class Served:
    """A supergraph that is served: composed, read, and behind it subgraphs with data. Made once for many operations."""

    def __init__(self, sdls: Mapping[str, str], seed: int, supergraph_sdl: str | None = None) -> None:
        self.sdls = dict(sdls)
        self.seed = seed
        self.supergraph_sdl = supergraph_sdl or composed(sdls)
        self.supergraph = Supergraph.from_sdl(self.supergraph_sdl)
        self.client_schema = with_defer(self.supergraph.api_schema)
        self.world = World(sdls, seed)
        self.world.check()
        labels = frozenset(label for bit, label in ((1, "on"), (2, "off")) if seed & bit)
        self._planner = Planner(self.supergraph, override_labels=labels)
        self._transports = {name: Subgraph(self.world, name, labels) for name in self.sdls}
        self._prepared: Prepared | None = None

    def prepare(self, operation: Operation) -> Prepared:
        """Plan and compile an operation; done once when the same one is asked for again and again."""
        variables = self._coerced(operation)
        if self._prepared is None or not self._prepared.serves(operation, variables):
            report = self._planner.explain(operation.document, variables=variables)
            decided = {name: variables[name] for name in report.decided_by}
            executable = compile_plan(report.plan, self.supergraph.api_schema)
            plain = undeferred(operation.document) if report.plan.defer else operation.document
            self._prepared = Prepared(operation.text, plain, decided, report.plan, executable)
        return self._prepared

    def problems(self, operation: Operation, faults: Faults | None) -> list[str]:
        """What is wrong with the router's answer to an operation."""
        try:
            prepared = self.prepare(operation)
            run, context = self._begin(operation, faults)
            response = asyncio.run(self._respond(prepared.executable, context))
        except TransportError:
            return []  # the stream of a subscription does not open
        except Exception as error:
            return [f"crash: {type(error).__name__}: {error}"]
        planned = sum(1 for _ in fetches(prepared.plan.node))
        truth = true_answer(self.world, self.supergraph.api_schema, prepared.plain, None, operation.variables)
        found = [] if run.requests <= planned else [f"{run.requests} fetches, planned were {planned}"]
        found += findings(truth, response, run, self.world)
        return found or self._deferred_problems(prepared, operation, faults, truth)

    async def _respond(self, executable: ExecutablePlan, context: RequestContext) -> Response:
        """The response; of a subscription that to one event, which is what its subgraph answers to the request."""
        source = executable.event_source
        if source is None:
            return await executable.execute(context)
        event = await self._transports[source.service].post(source.body(context), {}, 1.0)
        return await executable.execute_event(context, event.body)

    def _deferred_problems(
        self, prepared: Prepared, operation: Operation, faults: Faults | None, truth: Truth
    ) -> list[str]:
        incremental = prepared.executable.incremental
        if incremental is None:
            return []
        run, context = self._begin(operation, faults)
        try:
            return deferred_findings(truth, asyncio.run(reassembled(incremental, context)), run)
        except AssertionError as error:
            return [f"deferred answer breaks the protocol: {error}"]
        except Exception as error:
            return [f"crash: {type(error).__name__}: {error}"]

    def _begin(self, operation: Operation, faults: Faults | None) -> tuple[Run, RequestContext]:
        run = Run(faults)
        for transport in self._transports.values():
            transport.run = run
        return run, RequestContext(self._transports, self._coerced(operation))

    def _coerced(self, operation: Operation) -> dict[str, Any]:
        definition = next(one for one in operation.document.definitions if isinstance(one, OperationDefinitionNode))
        schema, variables = self.supergraph.api_schema, operation.variables
        coerced = get_variable_values(schema, definition.variable_definitions or (), variables)
        assert not isinstance(coerced, list), coerced
        return coerced.coerced


def composed(sdls: Mapping[str, str]) -> str:
    """The supergraph; raises ``Rejected``."""
    result = compose([SubgraphSource(name, f"http://{name}.test", sdl) for name, sdl in sdls.items()])
    if result.supergraph_sdl is None:
        codes = sorted({str(error.code) for error in result.errors})
        raise Rejected(codes, "\n".join(str(error) for error in result.errors))
    return result.supergraph_sdl


@dataclass(frozen=True)
class Case:
    """One operation against one supergraph."""

    sdls: Mapping[str, str]
    seed: int
    operation: Operation
    faults: Faults | None = None
    supergraph_sdl: str | None = field(default=None, compare=False)

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong; raises ``Rejected`` or ``Impossible`` when the subgraphs are no supergraph or have no data."""
        return Served(self.sdls, self.seed, self.supergraph_sdl).problems(self.operation, self.faults)

    def print(self) -> str:
        """A Python file that runs the case."""
        parts = ['"""Run with ``PYTHONPATH=. python FILE`` from the repository\'s root."""\n']
        parts.append("from tests.router.fuzz.case import Case\nfrom tests.router.fuzz.faults import Faults")
        parts.append("from tests.router.fuzz.operations import Operation\n\nSUBGRAPHS = {")
        for name, sdl in self.sdls.items():
            parts.append(f'    "{name}": r"""\n{sdl.strip()}\n""",')
        text = self.operation.text.strip()
        literal = f"{text!r}\n" if '"""' in text else f'r"""\n{text}\n"""\n'
        parts.append(f"}}\nOPERATION = {literal}")
        operation = f"Operation(OPERATION, {self.operation.variables!r})"
        parts.append(f"case = Case(SUBGRAPHS, {self.seed}, {operation}, {self.faults!r})")
        parts.append('print("\\n".join(case.problems) or "no problems")')
        return "\n".join(parts)
