"""Completing what is delivered together, and finding the deferred fragments in it.

Always by ``completion``, never by generated code: what is deferred is rarely large, and where fragments stand is known
only when nulls are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLOutputType, GraphQLSchema

from router.executor.completion import Completion, NullError
from router.executor.errors import ErrorPath, FormattedError, concerns, listed
from router.executor.incremental.selection import Selection, UsageSet
from router.query_plan.nodes import ResponseField

__all__ = ["Found", "Value", "complete_together"]


@dataclass(frozen=True, slots=True)
class Found:
    """Fields of the object at ``path`` that are delivered apart."""

    path: ErrorPath
    delayed_by: UsageSet
    selection: Selection
    value: Mapping[str, Any]
    typename: str | None


@dataclass(frozen=True, slots=True)
class Value:
    """What one completion gave. ``data`` is None when a null passed up through all of it."""

    data: dict[str, Any] | None
    errors: list[FormattedError]
    found: list[Found] = field(default_factory=list)


def complete_together(
    schema: GraphQLSchema, work: Found, errors: Sequence[FormattedError], lost: Collection[ErrorPath], most: int
) -> Value:
    """Complete the fields of ``work``; ``errors`` are those known of them, ``lost`` as in ``Run``. Where a null stands
    nothing is found. At most ``most`` errors are told, and of those known none that concerns nothing delivered."""
    completion = _Completion(schema, errors, lost)
    try:
        data = completion.fields(work.selection, work.value, work.typename, work.path)
    except NullError:
        return Value(None, listed([*errors, *completion.found], most))
    if work.typename is not None:  # of an object of unknown type fields are missing that an error has to explain
        errors = [error for error in errors if concerns(data, error.get("path", ())[len(work.path) :])]
    return Value(data, listed([*errors, *completion.found], most), completion.delayed)


class _Completion(Completion):
    def __init__(self, schema: GraphQLSchema, errors: Sequence[FormattedError], lost: Collection[ErrorPath]) -> None:
        super().__init__(schema, {}, errors, lost)
        self.delayed: list[Found] = []

    def fields(
        self, fields: Sequence[ResponseField], value: Mapping[str, Any], typename: str | None, path: ErrorPath
    ) -> dict[str, Any]:
        if isinstance(fields, Selection):
            for delayed_by, selection in fields.delayed:
                # of an object whose type could not be learnt the fragments have at least to say why
                if typename is None or any(one.types is None or typename in one.types for one in selection):
                    self.delayed.append(Found(path, delayed_by, selection, value, typename))
        return super().fields(fields, value, typename, path)

    def position(self, type_: GraphQLOutputType, value: Any, field: ResponseField, path: ErrorPath) -> Any:
        before = len(self.delayed)
        completed = super().position(type_, value, field, path)
        if completed is None:
            del self.delayed[before:]
        return completed
