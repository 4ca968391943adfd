"""Running one GraphQL operation: cached parse and validation, graphql-core's executor, presented errors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    create_source_event_stream,
    execute,
    get_operation_ast,
    parse,
    validate,
)
from graphql import Executor as GraphQLExecutor

from subgraphs.kernel.context import RequestContext
from subgraphs.kernel.errors import coded_error, present_errors

_REMEMBERED_DOCUMENTS = 1000
_MAX_TOKENS = 15_000


@dataclass(frozen=True, slots=True)
class _Prepared:
    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


class Executor:
    """Executes operations on one schema; remembers the documents it has parsed and validated."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._documents: OrderedDict[str, _Prepared] = OrderedDict()

    async def run(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        context: RequestContext,
    ) -> dict[str, Any]:
        """The response map: ``data`` and, if any, ``errors``."""
        prepared = self._prepare(query)
        if prepared.document is None or prepared.errors:
            return {"errors": present_errors(prepared.errors)}
        operation = get_operation_ast(prepared.document, operation_name)
        if operation is None:
            error = coded_error("The request names no operation of the document.", "OPERATION_RESOLUTION_FAILURE")
            return {"errors": present_errors([error])}
        if operation.operation is OperationType.SUBSCRIPTION:
            error = coded_error("Subscribe over a WebSocket (graphql-transport-ws).", "SUBSCRIPTION_NOT_SUPPORTED")
            return {"errors": present_errors([error])}
        return await self._execute(prepared.document, variables, operation_name, context)

    def is_subscription(self, query: str, operation_name: str | None) -> bool:
        """Whether the operation is a valid subscription, to be handed to ``subscribe`` instead of ``run``."""
        prepared = self._prepare(query)
        if prepared.document is None or prepared.errors:
            return False
        operation = get_operation_ast(prepared.document, operation_name)
        return operation is not None and operation.operation is OperationType.SUBSCRIPTION

    async def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        context: Callable[[], RequestContext],
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The response map of each event; raises GraphQLError when the stream cannot begin or breaks.

        Every event has a ``context`` of its own: what an earlier one has loaded may not be true any more.
        """
        document = self._prepare(query).document
        if document is None:
            raise ValueError("not a valid document")
        built = GraphQLExecutor.build(
            self.schema,
            document,
            context_value=context(),
            raw_variable_values=dict(variables or {}),
            operation_name=operation_name,
        )
        if isinstance(built, list):
            raise built[0]
        opened = create_source_event_stream(built)
        source = await opened if isawaitable(opened) else opened
        if isinstance(source, ExecutionResult):
            raise (source.errors or [GraphQLError("The subscription cannot begin.")])[0]
        events: Any = source
        async with aclosing(events):
            async for event in events:
                yield await self._execute(document, variables, operation_name, context(), event)

    async def _execute(
        self,
        document: DocumentNode,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        context: RequestContext,
        root: Any = None,
    ) -> dict[str, Any]:
        outcome = execute(
            self.schema,
            document,
            root,
            variable_values=dict(variables) if variables else None,
            operation_name=operation_name,
            context_value=context,
        )
        result: ExecutionResult = await outcome if isawaitable(outcome) else outcome
        response: dict[str, Any] = {"data": result.data}
        if result.errors:
            response["errors"] = present_errors(result.errors)
        return response

    def _prepare(self, query: str) -> _Prepared:
        known = self._documents.get(query)
        if known is not None:
            self._documents.move_to_end(query)
            return known
        try:
            document = parse(query, max_tokens=_MAX_TOKENS)
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return _Prepared(None, (error,))
        errors = validate(self.schema, document)
        for invalid in errors:
            invalid.extensions = {**(invalid.extensions or {}), "code": "GRAPHQL_VALIDATION_FAILED"}
        prepared = _Prepared(document, tuple(errors))
        self._documents[query] = prepared
        if len(self._documents) > _REMEMBERED_DOCUMENTS:
            self._documents.popitem(last=False)
        return prepared
