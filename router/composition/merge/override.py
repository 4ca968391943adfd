"""``@override``: which subgraphs no longer resolve a field (Federation docs, "Directives", ``@override``)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import Application, Field

__all__ = ["Overrides", "check_override_on_interface", "read_overrides"]

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*")
_PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)")


@dataclass(slots=True)
class Overrides:
    """Indexes of the overridden subgraphs, by whether they still need the field; labels on both sides."""

    used: set[int] = field(default_factory=set)
    unused: set[int] = field(default_factory=set)
    labels: dict[int, str] = field(default_factory=dict)

    def is_overridden(self, index: int) -> bool:
        """Whether another subgraph resolves the field in its place."""
        return index in self.used or index in self.unused


def check_override_on_interface(context: MergeContext, sources: Sources[Field]) -> None:
    """OVERRIDE_ON_INTERFACE: interface fields are not resolved, so nothing can take them over."""
    for index, source in sources.items():
        if source.has("override"):
            context.error(
                "OVERRIDE_ON_INTERFACE",
                f'@override cannot be used on "{source.coordinate}" in {context.names([index])}: it is a field of an'
                " interface. Override the fields of its implementations.",
                source.coordinate,
            )


def read_overrides(context: MergeContext, sources: Sources[Field]) -> Overrides:
    """All overrides of one field, checked: OVERRIDE_FROM_SELF_ERROR, OVERRIDE_SOURCE_HAS_OVERRIDE,
    OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE and OVERRIDE_LABEL_INVALID.

    One from a subgraph that does not exist is a hint, and takes nothing over.
    """
    found = Overrides()
    overriding = {
        context.subgraphs[index].name: (index, application)
        for index, source in sources.items()
        if (application := source.first("override")) is not None
    }
    for name, (index, application) in overriding.items():
        source = sources[index]
        origin = application.text("from")
        if origin not in context.index_of:
            close = get_close_matches(origin, context.index_of, n=1)
            suggestion = f' Did you mean "{close[0]}"?' if close else ""
            context.hint(
                "FROM_SUBGRAPH_DOES_NOT_EXIST",
                f'"{source.coordinate}" overrides subgraph "{origin}", which does not exist.{suggestion}',
                source.coordinate,
            )
        elif origin == name:
            context.error(
                "OVERRIDE_FROM_SELF_ERROR",
                f'"{source.coordinate}" in subgraph "{name}" overrides its own subgraph: name another in from.',
                source.coordinate,
            )
        elif origin in overriding:
            context.error(
                "OVERRIDE_SOURCE_HAS_OVERRIDE",
                f'"{source.coordinate}" in subgraph "{name}" overrides subgraph "{origin}", where the field is itself'
                " an @override: remove one of them.",
                source.coordinate,
            )
        else:
            _read_override(context, sources, index, context.index_of[origin], application, found)
    return found


def _read_override(
    context: MergeContext,
    sources: Sources[Field],
    index: int,
    origin: int,
    application: Application,
    found: Overrides,
) -> None:
    target, overridden = sources[index], sources.get(origin)
    if overridden is None:
        context.hint(
            "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
            f'"{target.coordinate}" is no longer in {context.names([origin])}: its @override can be removed.',
            target.coordinate,
        )
        return
    clash = _clash(context, target, index, overridden, origin)
    if clash is not None:
        context.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", clash, target.coordinate)
        return
    usage = context.subgraphs[origin].usage
    if usage.is_external(overridden):
        context.hint(
            "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
            f'"{target.coordinate}" is @external in {context.names([origin])}: the @override can be removed.',
            target.coordinate,
        )
        return
    if usage.is_used(overridden):
        found.used.add(origin)
        advice = "it is still used there, so mark it @external"
    else:
        found.unused.add(origin)
        advice = "it can be removed"
    label = application.arguments.get("label")
    if isinstance(label, str):
        _read_label(context, target, label, (index, origin), found)
    else:
        context.hint(
            "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
            f'"{target.coordinate}" of {context.names([origin])} is overridden: {advice}.',
            target.coordinate,
        )


def _read_label(context: MergeContext, target: Field, label: str, indexes: tuple[int, int], found: Overrides) -> None:
    if _NAME.fullmatch(label) or _PERCENT.fullmatch(label):
        found.labels.update(dict.fromkeys(indexes, label))
        context.hint(
            "OVERRIDE_MIGRATION_IN_PROGRESS",
            f'"{target.coordinate}" is being migrated from {context.names([indexes[1]])} under "{label}".',
            target.coordinate,
        )
    else:
        context.error(
            "OVERRIDE_LABEL_INVALID",
            f'Invalid @override label "{label}" on "{target.coordinate}" in {context.names([indexes[0]])}: write a'
            " name (a letter, then letters, digits or _-:./) or percent(x) with x from 0 to 100.",
            target.coordinate,
        )


def _clash(context: MergeContext, target: Field, index: int, overridden: Field, origin: int) -> str | None:
    if context.subgraphs[index].usage.is_external(target):
        return (
            f'"{target.coordinate}" in {context.names([index])} is both @override and @external: it cannot take over'
            " a field it does not resolve."
        )
    for spec in ("requires", "provides"):
        if overridden.has(spec):
            return (
                f'@override cannot take over "{target.coordinate}" from {context.names([origin])}, where it has'
                f" @{spec}: remove that first."
            )
    return None
