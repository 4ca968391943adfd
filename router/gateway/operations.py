"""A client's document made ready once: parsed, validated, measured; the plans for it are kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule

from router.gateway.config import LimitsConfig
from router.gateway.errors import RequestError, invalid_operation
from router.gateway.limits import Size, check_limits
from router.gateway.lru import LruCache

if TYPE_CHECKING:
    from router.executor import ExecutablePlan
    from router.gateway.authorization import Restriction
    from router.gateway.rate_limits import Charge
    from router.gateway.telemetry.series import Count
    from router.gateway.variables import Variables

__all__ = ["Operation", "OperationReader", "PlanKey"]

_KEPT_PLANS = 32
"""Plans per operation: one for each set of fields that callers may not see, under each set of override labels, and for
each value of what decides the order of its fields. All come in few kinds."""

PlanKey: TypeAlias = tuple[frozenset[tuple[str, str]], frozenset[str], tuple[bool, ...]]
"""The fields that are not fetched, the override labels that are on, and the values of the operation's ``deciding``
variables."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A valid operation of the API schema, and what is known about it before any request. Equal to itself only."""

    document: DocumentNode
    definition: OperationDefinitionNode
    executed: Count
    """Where the metrics count its executions."""
    fields: int
    """How many fields it has, fragments expanded."""
    variables: Variables | None = None
    restrictions: tuple[Restriction, ...] = ()
    charges: tuple[Charge, ...] = ()
    """What it counts against which rate limits; empty where nobody is limited."""
    deciding: list[str] = field(default_factory=list)
    """Variables of ``@skip`` and ``@include`` that planning found to decide the order of the answer."""
    executables: LruCache[PlanKey, ExecutablePlan | RequestError] = field(default_factory=lambda: LruCache(_KEPT_PLANS))

    name: str | None = field(init=False)
    """Its name in the document."""
    type: OperationType = field(init=False)
    kind: str = field(init=False)
    """``query``, ``mutation`` or ``subscription``."""

    def __post_init__(self) -> None:
        definition = self.definition
        object.__setattr__(self, "name", None if definition.name is None else definition.name.value)
        object.__setattr__(self, "type", definition.operation)
        object.__setattr__(self, "kind", definition.operation.value)

    def key(
        self, unauthorized: frozenset[tuple[str, str]], labels: frozenset[str], variables: Mapping[str, Any]
    ) -> PlanKey:
        """Which of its plans a request needs."""
        values = tuple([variables[name] for name in self.deciding]) if self.deciding else ()
        return unauthorized, labels, values


class OperationReader:
    """Turns text into a valid ``DocumentNode`` and the operation in it that is meant."""

    def __init__(self, schema: GraphQLSchema, limits: LimitsConfig, introspection: bool) -> None:
        self._schema = schema
        self._limits = limits
        self._hide_names = not introspection
        self._rules: tuple[type[ASTValidationRule], ...] = tuple(specified_rules)
        if not introspection:
            self._rules += (NoSchemaIntrospectionCustomRule,)

    def read(self, text: str, operation_name: str | None) -> tuple[DocumentNode, OperationDefinitionNode, Size]:
        """The document, the operation and its size.

        Raises ``RequestError``: GRAPHQL_PARSE_FAILED (also for too many tokens), GRAPHQL_UNKNOWN_OPERATION_NAME
        (GraphQL spec §6.1, GetOperation), the code of a limit, or GRAPHQL_VALIDATION_FAILED (§5).
        """
        document = self._parse(text)
        definition = _operation(document, operation_name)
        try:
            size = check_limits(document, definition, self._limits)
            errors = validate(self._schema, document, self._rules, hide_suggestions=self._hide_names)
        except RecursionError:
            raise RequestError(400, "MAX_DEPTH_LIMIT", "The document is nested too deeply.") from None
        if errors:
            raise invalid_operation("GRAPHQL_VALIDATION_FAILED", errors)
        return document, definition, size

    def _parse(self, text: str) -> DocumentNode:
        try:
            return parse(
                text,
                max_lexical_tokens=self._limits.tokens,
                max_comments=self._limits.tokens,
                allow_empty_selection_sets=False,
            )
        except GraphQLError as error:
            raise invalid_operation("GRAPHQL_PARSE_FAILED", [error]) from None
        except RecursionError:
            raise RequestError(400, "GRAPHQL_PARSE_FAILED", "The document is nested too deeply.") from None


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [definition for definition in document.definitions if isinstance(definition, OperationDefinitionNode)]
    if name is not None:
        for operation in operations:
            if operation.name is not None and operation.name.value == name:
                return operation
        raise _unknown_operation(f"The document has no operation named {name!r}.")
    if not operations:
        raise _unknown_operation("The document has no operation.")
    if len(operations) > 1:
        raise _unknown_operation("The document has several operations: 'operationName' must say which one is meant.")
    return operations[0]


def _unknown_operation(message: str) -> RequestError:
    return RequestError(400, "GRAPHQL_UNKNOWN_OPERATION_NAME", message, json_status=200)
