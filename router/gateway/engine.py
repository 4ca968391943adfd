"""The engine: everything that belongs to one supergraph, in one object that a request holds on to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from router.executor import ExecutablePlan, SubgraphTransport, compile_plan
from router.executor.streams import EventStreams
from router.gateway.authorization import Coordinate, restrictions_of
from router.gateway.config import GatewayConfig
from router.gateway.errors import RequestError
from router.gateway.lru import LruCache
from router.gateway.operations import Operation, OperationReader
from router.gateway.overrides import Overrides
from router.gateway.telemetry import Metrics
from router.gateway.variables import Variables
from router.planner import Planner, PlanningError
from router.supergraph import Supergraph, with_defer

__all__ = ["Engine"]

_KEPT_PLANNERS = 16
"""Planners: one for each set of override labels. Those of more sets are made again when they are needed."""


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
        self._hide_names = not config.introspection
        self._metrics = metrics
        self._operations: LruCache[tuple[str, str | None], Operation] = LruCache(
            config.cache.operations, config.cache.document_bytes, lambda key: len(key[0])
        )

    @property
    def kept_operations(self) -> int:
        """How many operations are ready."""
        return len(self._operations)

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation, read when it is new; raises ``RequestError``. Documents that are not valid are not kept."""
        key = (text, name)
        operation = self._operations.get(key)
        if operation is not None:
            self._metrics.operation_hit.value += 1
            return operation
        self._metrics.operation_miss.value += 1
        document, definition = self._reader.read(text, name)
        restrictions = restrictions_of(self.schema, document, self.supergraph.authorization)
        declared = definition.variable_definitions
        variables = Variables(self.schema, declared, self._hide_names) if declared else None
        operation = Operation(document, definition, self._metrics.executed(definition), variables, restrictions)
        self._operations.put(key, operation)
        return operation

    def executable(
        self, operation: Operation, unauthorized: frozenset[Coordinate], variables: Mapping[str, Any]
    ) -> ExecutablePlan:
        """The compiled plan that leaves out ``unauthorized`` fields, made when it is new; raises ``RequestError``.

        To be asked for once per request: each time it is drawn anew which override labels are on.
        That an operation has no plan is kept too: finding out may be what planning costs at most.
        """
        labels = self._overrides.active()
        executable = operation.executables.get(operation.key(unauthorized, labels, variables))
        if executable is None:
            started = perf_counter()
            executable = self._plan(operation, unauthorized, labels, variables)
            self._metrics.planning.of().observe(perf_counter() - started)
            operation.executables.put(operation.key(unauthorized, labels, variables), executable)
        if isinstance(executable, RequestError):
            raise executable.with_traceback(None)
        return executable

    def _plan(
        self,
        operation: Operation,
        unauthorized: frozenset[Coordinate],
        labels: frozenset[str],
        variables: Mapping[str, Any],
    ) -> ExecutablePlan | RequestError:
        try:
            report = self._planner(labels).explain(operation.document, operation.name, unauthorized, variables)
        except PlanningError as error:
            return RequestError(400, error.code, str(error), json_status=200)
        operation.deciding.extend(name for name in report.decided_by if name not in operation.deciding)
        self._metrics.plans_compared.of().observe(report.plans)
        self._metrics.moves_examined.of().observe(report.moves)
        return compile_plan(report.plan, self.schema)

    def _planner(self, labels: frozenset[str]) -> Planner:
        planner = self._planners.get(labels)
        if planner is None:
            planner = Planner(self.supergraph, override_labels=labels)
            self._planners.put(labels, planner)
        return planner
