"""A normalized operation: fragments gone, every field with the types and conditions it is selected for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graphql import GraphQLOutputType, GraphQLSchema, OperationType, is_list_type, is_non_null_type

from router.planner.conditions import ALWAYS
from router.planner.deferring import NOT_DELAYED
from router.query_plan.nodes import Conditions, DeferUsage, Delay
from router.supergraph import FieldSet

__all__ = ["Field", "Operation", "Signature", "internal_fields", "list_depth"]

Signature = tuple[str, str]
"""Field name, and its printed arguments and directives: equal signatures of one object have equal values."""


@dataclass(eq=False, slots=True)
class Field:
    """One field to be answered, with identity: the same field selected in two places is two of these."""

    response_key: str
    name: str
    parent_type: str
    """The type it was selected on."""
    type: GraphQLOutputType
    types: frozenset[str] | None = None
    """Object types for which it is selected; ``None``: all that can stand here."""
    include: Conditions = ALWAYS
    """Given that the selection set it stands in is included."""
    arguments: str = ""
    directives: str = ""
    """Those for subgraphs, printed."""
    selections: tuple[Field, ...] = ()
    origin: Literal["data", "typename", "introspection", "unauthorized"] = "data"
    internal: bool = False
    """Wanted by the planner for a key or ``@requires``, not by the client."""
    delays: tuple[Delay, ...] = ()
    """How it is selected, when a ``@defer`` has to do with it."""
    delayed_by: frozenset[int] = NOT_DELAYED
    """The usages of ``@defer`` that delay it together. Of what the planner wants: none, whatever it is for."""

    @property
    def signature(self) -> Signature:
        """What decides whether two fields of one object are the same."""
        return self.name, self.arguments + self.directives


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asked for."""

    type: OperationType
    name: str | None
    root_type: str
    fields: tuple[Field, ...]
    variables: Mapping[str, str]
    """Variable name to its printed definition."""
    directives: Mapping[OperationType, str]
    """The directives on the operation, printed, by the type of the operations that subgraphs are sent."""
    introspection: str | None = None
    usages: tuple[DeferUsage, ...] = ()
    undecided: tuple[str, ...] = ()
    """Variables on whose values the order of its fields depends."""


def list_depth(type_: GraphQLOutputType) -> int:
    """How many lists are around the named type."""
    depth = 0
    while is_list_type(type_) or is_non_null_type(type_):
        depth += is_list_type(type_)
        type_ = type_.of_type
    return depth


def internal_fields(schema: GraphQLSchema, fields: FieldSet) -> tuple[Field, ...]:
    """A field set as fields that the planner wants."""
    wanted = []
    for found in fields:
        parent: Any = schema.type_map[found.parent_type]
        wanted.append(
            Field(
                found.name,
                found.name,
                found.parent_type,
                parent.fields[found.name].type,
                found.types,
                arguments=found.arguments,
                selections=internal_fields(schema, found.selections),
                internal=True,
            )
        )
    return tuple(wanted)
