"""Answers to ``__schema`` and ``__type``: executed by graphql-core on the API schema (GraphQL spec §4.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLFormattedError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
)

from router.query_plan.nodes import ResponseField

__all__ = ["Introspect", "compile_introspection", "data_key"]

Answer = tuple[dict[str, Any], list[GraphQLFormattedError]]
Introspect = Callable[[Mapping[str, Any]], Answer]


def data_key(field: ResponseField) -> str:
    """Where a response field is read in the merged data. The prefix keeps introspection apart from source keys."""
    return f"introspection {field.response_key}" if field.origin == "introspection" else field.source_key


def compile_introspection(operation: str, schema: GraphQLSchema) -> Introspect:
    """From the variables to the values under their data keys, and errors; the same every time without variables.

    It runs to its end without giving way to other requests, in time that grows with the answer.
    """
    document = parse(operation, no_location=True)
    constant = not any(
        isinstance(node, OperationDefinitionNode) and node.variable_definitions for node in document.definitions
    )
    kept: list[Answer] = []

    def introspect(variables: Mapping[str, Any]) -> Answer:
        if kept:
            return kept[0]
        result = execute_sync(schema, document, variable_values=dict(variables))
        answer = _read(result)
        if constant:
            kept.append(answer)
        return answer

    return introspect


def _read(result: ExecutionResult) -> Answer:
    errors: list[GraphQLError] = result.errors or []
    return {f"introspection {key}": value for key, value in (result.data or {}).items()}, [
        error.formatted for error in errors
    ]
