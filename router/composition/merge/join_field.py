"""``@join__field``: which subgraph resolves a field and how (https://specs.apollo.dev/join/v0.3; ``overrideLabel``
since v0.4, ``contextArguments`` since v0.5)."""

from __future__ import annotations

from router.composition.merge.context import MergeContext, Sources
from router.composition.merge.override import Overrides
from router.composition.schema import Application, Field, InputValue, NamedType, Value
from router.specs.context_value import parse_context_value
from router.specs.field_set import print_field_set

__all__ = ["add_join_fields", "add_join_input_fields"]


def add_join_fields(
    context: MergeContext,
    types: Sources[NamedType],
    sources: Sources[Field],
    dest: Field,
    overrides: Overrides,
    *,
    all_types_equal: bool,
) -> None:
    """Nothing is written when every subgraph of the type has the field in the same plain way."""
    applications = [
        _application(context, index, source, overrides, all_types_equal=all_types_equal)
        for index, source in sources.items()
        if index not in overrides.unused or index in overrides.labels
    ]
    everywhere = sources.keys() == types.keys()
    plain = all(len(application.arguments) == 1 for application in applications)
    if not (everywhere and plain and len(applications) == sum(1 for _ in sources.items())):
        dest.applied = [*applications, *dest.applied]


def _application(
    context: MergeContext, index: int, source: Field, overrides: Overrides, *, all_types_equal: bool
) -> Application:
    return context.join(
        "field",
        graph=context.graphs[index],
        requires=_field_set(source, "requires"),
        provides=_field_set(source, "provides"),
        type=None if all_types_equal else source.type,
        external=True if context.subgraphs[index].usage.is_external(source) else None,
        override=_origin(context, source),
        usedOverridden=True if index in overrides.used and index not in overrides.labels else None,
        overrideLabel=overrides.labels.get(index),
        contextArguments=_context_arguments(context, index, source) or None,
    )


def _origin(context: MergeContext, source: Field) -> str | None:
    """The subgraph that is overridden, if there is one of that name."""
    override = source.first("override")
    origin = override.text("from") if override is not None else None
    return origin if origin in context.index_of else None


def _field_set(source: Field, spec: str) -> str | None:
    application = source.first(spec)
    return print_field_set(application.text("fields")) if application is not None else None


def _context_arguments(context: MergeContext, index: int, source: Field) -> list[Value]:
    found: list[Value] = []
    for argument in source.arguments.values():
        application = argument.first("fromContext")
        value = parse_context_value(application.text("field")) if application is not None else None
        if value is not None:
            found.append(
                {
                    "context": f"{context.subgraphs[index].name}__{value[0]}",
                    "name": argument.name,
                    "type": argument.type,
                    "selection": value[1],
                }
            )
    return found


def add_join_input_fields(
    context: MergeContext,
    types: Sources[NamedType],
    sources: Sources[InputValue],
    dest: InputValue,
    *,
    all_types_equal: bool,
) -> None:
    """The same for an input field, which only has a graph and a type."""
    everywhere = sources.keys() == types.keys()
    if everywhere and all_types_equal:
        return
    applications = [
        context.join("field", graph=context.graphs[index], type=None if all_types_equal else source.type)
        for index, source in sources.items()
    ]
    dest.applied = [*applications, *dest.applied]
