"""Compiling a plan: everything about an operation that does not depend on the request is decided here, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from graphql import GraphQLSchema

from router.executor.answers import read_answer
from router.executor.completion import complete
from router.executor.conditions import compile_conditions
from router.executor.context import RequestContext, Response
from router.executor.context_fetches import compile_context_fetch
from router.executor.errors import FormattedError, concerns, listed
from router.executor.fetches import RootMerge, Runner, Setting, compile_entity_fetch, compile_fetch, compile_root_merge
from router.executor.incremental import IncrementalPlan
from router.executor.introspection import compile_introspection
from router.executor.request_bodies import Encode, compile_body
from router.executor.run import Run
from router.executor.schedule import compile_node
from router.executor.shape import IRREGULAR, Held, compile_shape
from router.executor.sharing import Sharing
from router.executor.transports.protocol import SubgraphResponse
from router.query_plan.nodes import Conditions, EntityFetch, Fetch, QueryPlan, ResponseField, Subscription, fetches

__all__ = ["EventSource", "ExecutablePlan", "compile_plan"]


class EventSource:
    """How the stream of a subscription is opened, and what its events are merged by."""

    def __init__(self, primary: Fetch, setting: Setting) -> None:
        self.service = primary.service
        self._encode: Encode = compile_body(primary.document, primary.variables)
        self.merge: RootMerge = compile_root_merge(primary, 0, setting)

    def body(self, context: RequestContext) -> bytes:
        """The request that opens the stream."""
        return self._encode(context.variables, {})


class ExecutablePlan:
    """A compiled plan. Holds nothing of a request: it may be cached and executed many times at once."""

    def __init__(self, plan: QueryPlan, schema: GraphQLSchema) -> None:
        self.plan = plan
        self.schema = schema
        node = plan.node
        self.event_source: EventSource | None = None
        numbers = count()
        found = [call for fetch in fetches(node) if isinstance(fetch, EntityFetch) for call in fetch.calls]
        setting = Setting(schema, plan.response, Sharing(found))
        if isinstance(node, Subscription):
            self.event_source = EventSource(node.primary, setting)
            next(numbers)
            node = node.rest

        def compile_one(fetch: Fetch | EntityFetch) -> Runner:
            if isinstance(fetch, Fetch):
                return compile_fetch(fetch, next(numbers), setting)
            if any(call.contexts for call in fetch.calls):
                return compile_context_fetch(fetch, next(numbers), setting)
            return compile_entity_fetch(fetch, next(numbers), setting)

        self._run = compile_node(node, compile_one) if node is not None else None
        conditions = tuple(dict.fromkeys(_conditions(plan.response)))
        self._predicates = [compile_conditions(include) for include in conditions]
        self._shape = compile_shape(plan, schema, conditions)
        self._introspect = compile_introspection(plan.introspection, schema) if plan.introspection else None
        self._incremental: IncrementalPlan | None = None

    @property
    def incremental(self) -> IncrementalPlan | None:
        """The other way to execute an operation with ``@defer``, compiled when it is first asked for."""
        if self._incremental is None and self.plan.defer is not None:
            self._incremental = IncrementalPlan(self.plan, self.schema)
        return self._incremental

    def prepare(self) -> None:
        """Compile now what would be compiled when it is first asked for."""
        _ = self.incremental

    async def execute(self, context: RequestContext) -> Response:
        """Run a query or mutation. Failures of subgraphs are errors of the response; only cancellation is raised.

        Besides the fetches it takes time in proportion to what they answer, and the depth on top where an answer is not
        as the API schema promises.
        """
        run = Run(context)
        if self._run is not None:
            await self._run(run)
        return self._respond(run)

    async def execute_event(self, context: RequestContext, payload: bytes) -> Response:
        """Answer one event of a subscription (GraphQL spec §6.2.3.2); ``payload`` is the GraphQL response the subgraph
        sent for it. Raises ``ValueError`` when the plan is for another operation, else as ``execute``."""
        if self.event_source is None:
            raise ValueError("not a subscription")
        run = Run(context)
        answer = read_answer(
            SubgraphResponse(200, "application/json", payload), self.event_source.service, context.policy.max_errors
        )
        run.keep_extensions(0, self.event_source.service, answer.extensions)
        self.event_source.merge(run, (answer.data, answer.errors))
        if self._run is not None:
            await self._run(run)
        return self._respond(run)

    def shape(self, merged: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """``data`` from merged data that is regular; raises one of ``IRREGULAR`` when it is not."""
        return self._shape(merged, self._held(variables))

    def _held(self, variables: Mapping[str, Any]) -> Held:
        return Held([predicate is None or predicate(variables) for predicate in self._predicates])

    def _respond(self, run: Run) -> Response:
        errors: list[FormattedError] = []
        variables, most = run.variables, run.context.policy.max_errors
        if self._introspect is not None:
            values, found = self._introspect(variables)
            run.root.update(values)
            errors += [dict(error) for error in found]
        held = self._held(variables)
        try:
            data = self._shape(run.root, held)
        except IRREGULAR:
            data = None  # completion says what is wrong
        if data is None or held.missing:
            run.check()
        errors = [*run.errors(), *errors]
        if data is not None and not errors:
            return Response(data, errors, run.extensions(), run.records)
        if data is not None and not (held.missing and errors):
            errors = [error for error in errors if concerns(data, error.get("path", ()))]
            return Response(data, listed(errors, most), run.extensions(), run.records)
        completed, invalid = complete(self.plan, self.schema, run.root, variables, errors, run.lost)
        errors = [error for error in errors if concerns(completed, error.get("path", ()))]
        return Response(completed, listed([*errors, *invalid], most), run.extensions(), run.records)


def compile_plan(plan: QueryPlan, schema: GraphQLSchema) -> ExecutablePlan:
    """``schema`` is the API schema the plan was made for.

    Costs time in proportion to the plan's documents and response fields, and for fields of abstract types to the
    number of their possible types.
    """
    return ExecutablePlan(plan, schema)


def _conditions(fields: Sequence[ResponseField]) -> Iterator[Conditions]:
    for field in fields:
        if field.include:
            yield field.include
        yield from _conditions(field.selections)
