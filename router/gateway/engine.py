"""The engine: everything that belongs to one supergraph, in one object that a request holds on to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

from router.executor import ExecutablePlan, SubgraphTransport, compile_plan
from router.executor.streams import EventStreams
from router.gateway.authorization import Coordinate, restrictions_of
from router.gateway.config import GatewayConfig
from router.gateway.errors import RequestError
from router.gateway.lru import LruCache
from router.gateway.operations import Operation, OperationReader, PlanKey
from router.gateway.overrides import Overrides
from router.gateway.preparing import Preparations
from router.gateway.rate_limits import RateClasses
from router.gateway.telemetry import Metrics
from router.gateway.variables import Variables
from router.planner import Planner, PlanningError, PlanningReport
from router.supergraph import Supergraph, with_defer

__all__ = ["Engine"]

Ready = TypeVar("Ready")

_KEPT_PLANNERS = 16
"""Planners: one for each set of override labels. Those of more sets are made again when they are needed."""
_LARGE_TEXT = 1_000
_LARGE_FIELDS = 50
"""Documents with more characters, and operations with more fields, are made ready beside the event loop. The others
take it a few milliseconds, a tenth of a second if they are made for it."""


class _Wanted(NamedTuple):
    """What a request needs a plan of."""

    operation: Operation
    unauthorized: frozenset[Coordinate]
    labels: frozenset[str]
    variables: Mapping[str, Any]

    def key(self) -> PlanKey:
        """Under which the plan is kept. Changes when planning finds more variables that decide something."""
        return self.operation.key(self.unauthorized, self.labels, self.variables)


class _Planned(NamedTuple):
    """What came of planning and compiling."""

    wanted: _Wanted
    executable: ExecutablePlan | RequestError
    report: PlanningReport | None
    seconds: float


class Engine:
    """One supergraph with its planner, its transports and the operations made ready for it."""

    def __init__(
        self,
        supergraph: Supergraph,
        transports: Mapping[str, SubgraphTransport],
        streams: Mapping[str, EventStreams],
        config: GatewayConfig,
        metrics: Metrics,
        draw: Callable[[], float],
        preparations: Preparations,
    ) -> None:
        self.supergraph = supergraph
        self.schema = with_defer(supergraph.api_schema) if config.defer.enabled else supergraph.api_schema
        self.transports = transports
        self.streams = streams
        """Where the events of a subgraph come from; absent for subgraphs that are reached in a way of the caller's."""
        self.users = 0
        """Requests under way on this engine; its transports outlive them."""
        self._overrides = Overrides(supergraph, config.override.labels, draw)
        self._planners: LruCache[frozenset[str], Planner] = LruCache(_KEPT_PLANNERS)
        for labels in self._overrides.outcomes[:_KEPT_PLANNERS]:
            self._planners.put(labels, Planner(supergraph, override_labels=labels))
        self._reader = OperationReader(self.schema, config.limits, config.introspection)
        self._rates = None if config.rate_limits is None else RateClasses(config.rate_limits, self.schema)
        self._hide_names = not config.introspection
        self._metrics = metrics
        self._preparations = preparations
        self._operations: LruCache[tuple[str, str | None], Operation] = LruCache(
            config.cache.operations, config.cache.document_bytes, lambda key: len(key[0])
        )

    @property
    def kept_operations(self) -> int:
        """How many operations are ready."""
        return len(self._operations)

    def operation(self, text: str, name: str | None) -> Operation | Awaitable[Operation]:
        """The operation, read when it is new; raises ``RequestError``. Documents that are not valid are not kept.

        A large document that is new is to be awaited.
        """
        key = (text, name)
        operation = self._operations.get(key)
        if operation is not None:
            self._metrics.operation_hit.value += 1
            return operation
        self._metrics.operation_miss.value += 1
        if len(text) > _LARGE_TEXT:
            return self._read_beside(key)
        operation = self._read(text, name)
        self._operations.put(key, operation)
        return operation

    def executable(
        self, operation: Operation, unauthorized: frozenset[Coordinate], variables: Mapping[str, Any]
    ) -> ExecutablePlan | Awaitable[ExecutablePlan]:
        """The compiled plan that leaves out ``unauthorized`` fields, made when it is new; raises ``RequestError``.

        To be asked for once per request: each time it is drawn anew which override labels are on.
        That an operation has no plan is kept too: finding out may be what planning costs at most. A new plan of a
        large operation is to be awaited.
        """
        labels = self._overrides.active()
        executable = operation.executables.get(operation.key(unauthorized, labels, variables))
        if executable is None:
            wanted = _Wanted(operation, unauthorized, labels, variables)
            planner = self._planner(wanted.labels)
            if operation.fields > _LARGE_FIELDS:
                return self._plan_beside(wanted, planner)
            planned = self._plan(wanted, planner)
            self._keep_plan(planned)
            executable = planned.executable
        return _raised_or(executable)

    async def _read_beside(self, key: tuple[str, str | None]) -> Operation:
        def make() -> Operation | RequestError:
            try:
                return self._read(*key)
            except RequestError as error:
                return error

        def keep(read: Operation | RequestError) -> None:
            if not isinstance(read, RequestError):
                self._operations.put(key, read)

        return _raised_or(await self._preparations.once((self, key), make, keep))

    async def _plan_beside(self, wanted: _Wanted, planner: Planner) -> ExecutablePlan:
        def make() -> _Planned:
            planned = self._plan(wanted, planner)
            if isinstance(planned.executable, ExecutablePlan):
                planned.executable.prepare()
            return planned

        while True:
            planned = await self._preparations.once((wanted.operation, wanted.key()), make, self._keep_plan)
            if planned.wanted.key() == wanted.key():  # if not, it was made for variables that turned out to decide
                return _raised_or(planned.executable)

    def _read(self, text: str, name: str | None) -> Operation:
        document, definition, size = self._reader.read(text, name)
        restrictions = restrictions_of(self.schema, document, self.supergraph.authorization)
        declared = definition.variable_definitions
        variables = Variables(self.schema, declared, self._hide_names) if declared else None
        executed = self._metrics.executed(definition)
        charges = () if self._rates is None else self._rates.charges(document, definition)
        return Operation(document, definition, executed, size.fields, variables, restrictions, charges)

    def _plan(self, wanted: _Wanted, planner: Planner) -> _Planned:
        started = perf_counter()
        operation, report = wanted.operation, None
        executable: ExecutablePlan | RequestError
        try:
            report = planner.explain(operation.document, operation.name, wanted.unauthorized, wanted.variables)
        except PlanningError as error:
            executable = RequestError(400, error.code, str(error), json_status=200)
        else:
            executable = compile_plan(report.plan, self.schema)
        return _Planned(wanted, executable, report, perf_counter() - started)

    def _keep_plan(self, planned: _Planned) -> None:
        operation, report = planned.wanted.operation, planned.report
        if report is not None:
            operation.deciding.extend(name for name in report.decided_by if name not in operation.deciding)
            self._metrics.plans_compared.of().observe(report.plans)
            self._metrics.moves_examined.of().observe(report.moves)
        self._metrics.planning.of().observe(planned.seconds)
        operation.executables.put(planned.wanted.key(), planned.executable)

    def _planner(self, labels: frozenset[str]) -> Planner:
        planner = self._planners.get(labels)
        if planner is None:
            planner = Planner(self.supergraph, override_labels=labels)
            self._planners.put(labels, planner)
        return planner


def _raised_or(found: Ready | RequestError) -> Ready:
    if isinstance(found, RequestError):
        raise found.with_traceback(None)
    return found
