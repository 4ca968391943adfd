"""The oracle: one plain schema over the merged types, executed by graphql-core on the same data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
    is_specified_scalar_type,
)

from tests.router.fuzz.world import Obj, World

__all__ = ["Truth", "true_answer"]

Path = tuple[str | int, ...]


@dataclass
class Truth:
    """The right answer, and what stands where in it."""

    data: dict[str, Any] | None = None
    nulls: set[Path] = field(default_factory=set)
    """Where an error that is in the data itself shows: the position that turned null."""
    objects: dict[Path, Obj] = field(default_factory=dict)
    nullable: dict[Path, bool] = field(default_factory=dict)
    custom: set[Path] = field(default_factory=set)
    """Leaves of custom scalars: of those the router cannot know what is a value."""


def true_answer(
    world: World, schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Mapping[str, Any]
) -> Truth:
    """Execute an operation without a router; of a subscription the response to one event."""
    truth = Truth()
    usual = {"Query": schema.query_type, "Mutation": schema.mutation_type, "Subscription": schema.subscription_type}
    roots = {type_: name for name, type_ in usual.items()}
    moment = 0

    def resolve(source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        nonlocal moment
        root = roots.get(info.parent_type)
        owner = source if root is None else Obj(root, root)
        at = None
        if root == "Mutation":
            at, moment = moment, moment + 1
        path = tuple(info.path.as_list())
        if world.shape(owner.type, info.field_name).inherits:
            above = [truth.objects[path[:length]] for length in range(len(path)) if path[:length] in truth.objects]
            arguments |= world.inherited(owner, info.field_name, above)
        value = world.value(owner, info.field_name, arguments, at)
        _note(truth, path, info.return_type, value)
        return value

    result = execute_sync(
        schema,
        document,
        root_value=Obj("", ""),
        variable_values=dict(variables),
        operation_name=name,
        field_resolver=resolve,
        type_resolver=lambda value, _info, _type: value.type,
    )
    truth.data = result.data
    truth.nulls = {null_at(truth.data, tuple(error.path or ())) for error in result.errors or ()}
    return truth


def null_at(data: Any, path: Path) -> Path:
    """The position on the way along a path at which there is nothing more."""
    for length, element in enumerate(path):
        if data is None:
            return path[:length]
        try:
            data = data[element]
        except (LookupError, TypeError):
            return path[: length + 1]
    return path


def _note(truth: Truth, path: Path, type_: GraphQLOutputType, value: Any) -> None:
    truth.nullable[path] = not is_non_null_type(type_)
    inner = type_.of_type if is_non_null_type(type_) else type_
    if is_scalar_type(inner) and not is_specified_scalar_type(inner):
        truth.custom.add(path)
    if isinstance(value, Obj):
        truth.objects[path] = value
    elif isinstance(value, list) and is_list_type(inner):
        for index, item in enumerate(value):
            _note(truth, (*path, index), inner.of_type, item)
