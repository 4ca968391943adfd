"""The client's response read from the merged data, exactly: GraphQL's value completion (spec §6.4.3 and §6.4.4).

Used when the data is irregular. Every position that cannot be completed becomes null, a null in a non-null position
passes up to the nearest nullable one, and each cause is one error, unless an error that came from a subgraph
explains the null already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
)

from router.executor.answers import NO_DATA
from router.executor.conditions import holds
from router.executor.errors import ErrorPath, FormattedError, format_error
from router.executor.introspection import data_key
from router.executor.leaves import InvalidLeaf, leaf_completion
from router.executor.typenames import depends_on_typename, possible_types
from router.query_plan.nodes import QueryPlan, ResponseField

__all__ = ["INVALID", "Completion", "NullError", "complete"]

INVALID = "RESPONSE_VALIDATION_FAILED"
UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"


def complete(
    plan: QueryPlan,
    schema: GraphQLSchema,
    root: Mapping[str, Any],
    variables: Mapping[str, Any],
    errors: Sequence[FormattedError],
    lost: Collection[ErrorPath] = (),
) -> tuple[dict[str, Any] | None, list[FormattedError]]:
    """``data``, and the errors found while completing it; ``errors`` are those known before, ``lost`` as in ``Run``.

    GraphQL spec, 6.4.4 Handling Execution Errors. O(fields of the response x their depth): each carries its path.
    """
    completion = Completion(schema, variables, errors, lost)
    try:
        return completion.fields(plan.response, root, plan.root_type, ()), completion.found
    except NullError:
        return None, completion.found


class NullError(Exception):
    """A null stands in a non-null position: the position above becomes null."""


class Completion:
    """Completes values at response paths; ``errors`` are those known before, ``found`` those found on the way."""

    def __init__(
        self,
        schema: GraphQLSchema,
        variables: Mapping[str, Any],
        errors: Sequence[FormattedError],
        lost: Collection[ErrorPath],
    ) -> None:
        self.found: list[FormattedError] = []
        self._schema = schema
        self._variables = variables
        self._failed: set[ErrorPath] = {tuple(error["path"]) for error in errors if error.get("path")}
        self._lost = lost
        self._lost_siblings: dict[ErrorPath, list[FormattedError]] = {}
        """By object or list, the root being ``()``: errors of fields in it that are worth telling when it is not null
        itself."""
        self._explained = {path[:length] for path in self._failed for length in range(1, len(path) + 1)}

    def fields(
        self, fields: Sequence[ResponseField], value: Mapping[str, Any], typename: str | None, path: ErrorPath
    ) -> dict[str, Any]:
        """What ``fields`` show of an object of this type; raises ``NullError`` when a null passes up through it."""
        result: dict[str, Any] = {}
        for field in fields:
            if field.types is not None and typename not in field.types:
                continue
            if not holds(field.include, self._variables):
                continue
            result[field.response_key] = self._field(field, value, typename, (*path, field.response_key))
        self.found += self._lost_siblings.pop(path, ())
        return result

    def _field(self, field: ResponseField, value: Mapping[str, Any], typename: str | None, path: ErrorPath) -> Any:
        match field.origin:
            case "typename":
                return self._own_typename(field, typename, path)
            case "introspection":
                return value.get(data_key(field))
            case "unauthorized":
                self._add("Unauthorized field or type", path, UNAUTHORIZED)
                if isinstance(field.type, GraphQLNonNull):
                    raise NullError
                return None
        key = field.source_key
        if key not in value:
            around = self._lost_object(path)
            failed_above = any(path[:length] in self._failed for length in range(1, len(path)))
            if around is not None and not failed_above and not self._is_explained(path):
                message = f"{field.field_name} was lost with the error of another field of its subgraph."
                error = format_error(message, path, {"code": NO_DATA})
                self._lost_siblings.setdefault(around, []).append(error)
            if around is not None or failed_above:
                self._explained.add(path)
        return self.position(field.type, value.get(key), field, path)

    def _own_typename(self, field: ResponseField, typename: str | None, path: ErrorPath) -> str:
        """``__typename`` is never null; that of an object of unknown type may be asked for by a deferred fragment."""
        if typename is None:
            if not self._is_explained(path):
                self._add(f"Cannot return null for non-nullable field {field.parent_type}.__typename.", path, INVALID)
            raise NullError
        return typename

    def position(self, type_: GraphQLOutputType, value: Any, field: ResponseField, path: ErrorPath) -> Any:
        """What stands at ``path`` in the response (GraphQL spec §6.4.3, CompleteValue); raises ``NullError`` where
        that is null and must not be."""
        if not isinstance(type_, GraphQLNonNull):
            try:
                return None if value is None else self._value(type_, value, field, path)
            except NullError:
                return None
        if value is None:
            if not self._is_explained(path):
                name = f"{field.parent_type}.{field.field_name}"
                self._add(f"Cannot return null for non-nullable field {name}.", path, INVALID)
            raise NullError
        return self._value(type_.of_type, value, field, path)

    def _value(self, type_: GraphQLOutputType, value: Any, field: ResponseField, path: ErrorPath) -> Any:
        """A value that is not null; a fault is recorded and raises, for the position to become null."""
        if isinstance(type_, GraphQLList):
            if type(value) is not list:
                raise self._fault("Expected a list", field, path)
            items = [self.position(type_.of_type, item, field, (*path, index)) for index, item in enumerate(value)]
            self.found += self._lost_siblings.pop(path, ())
            return items
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            return self._leaf(type_, value, path)
        if type(value) is not dict:
            raise self._fault("Expected an object", field, path)
        return self.fields(field.selections, value, self._typename(type_, value, field, path), path)

    def _leaf(self, type_: GraphQLScalarType | GraphQLEnumType, value: Any, path: ErrorPath) -> Any:
        completion = leaf_completion(type_)
        try:
            return value if completion is None else completion(value)
        except InvalidLeaf as error:
            self._add(str(error), path, INVALID)
            raise NullError from None

    def _typename(
        self, type_: GraphQLOutputType, value: Mapping[str, Any], field: ResponseField, path: ErrorPath
    ) -> str | None:
        """The runtime type of an object; None when it is unknown and nothing depends on it."""
        if isinstance(type_, GraphQLObjectType):
            return type_.name
        assert isinstance(type_, GraphQLNamedType)  # noqa: S101 - lists and leaves went before
        typename = value.get("__typename")
        if type(typename) is str and typename in possible_types(self._schema, type_):
            return typename
        selected = [one for one in field.selections if holds(one.include, self._variables)]
        if typename in (None, type_.name) and not depends_on_typename(selected):
            return None
        if typename is None and (self._is_explained(path) or self._failed_above(path)):
            raise NullError
        raise self._fault("Cannot return an object of a type that is not in the API schema", field, path)

    def _fault(self, what: str, field: ResponseField, path: ErrorPath) -> NullError:
        self._add(f"{what} for field {field.parent_type}.{field.field_name}.", path, INVALID)
        return NullError()

    def _add(self, message: str, path: ErrorPath, code: str) -> None:
        self.found.append(format_error(message, path, {"code": code}))

    def _is_explained(self, path: ErrorPath) -> bool:
        """Whether an earlier error stands at this position, below it, or at the object it belongs to."""
        return path in self._explained or path[:-1] in self._failed

    def _lost_object(self, path: ErrorPath) -> ErrorPath | None:
        """The object or list of which an answer was lost because of an error elsewhere in it.

        At the root, any error may have done that: a root field that an answer leaves out otherwise has an error of its
        own already.
        """
        if len(path) == 1:
            return () if self._failed else None
        return next((path[:length] for length in range(len(path) - 1, 0, -1) if path[:length] in self._lost), None)

    def _failed_above(self, path: ErrorPath) -> bool:
        """Whether a fetch failed for an object around this position: what is missing would have come from it."""
        around = (path[:length] for length in range(1, len(path)))
        return any(one in self._failed or one in self._lost for one in around)
