"""The entries of an entity step: which representations fit into one request together, which are built alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from router.planner.deferring import Block
from router.planner.operation import Field
from router.planner.steps import Entry, Source, Step, depends_on, fits_shape

__all__ = ["accepts", "alike"]


def accepts(
    source: Source, block: Block, entries: Mapping[str, Entry], required: tuple[Field, ...], after: set[Step]
) -> bool:
    """Whether the step of ``source`` can take these entries for ``block``: it must not have to run before what it
    would need, which takes O(all that runs before) to know.

    The fields of an interface object are asked of all representations: what one of them requires must be in all.
    """
    step = source.step
    if step.block is not block or not step.is_entity or source.selection is not step.selection:
        return False
    if source.opaque and not _demand_alike(step.entries, entries, required):
        return False
    if depends_on(after, step):
        return False
    for name, entry in entries.items():
        known = step.entries.get(name, entry)
        if not all(fits_shape(known.shape, field) for field in required):
            return False
    return True


def alike(entries: Mapping[str, Entry]) -> list[tuple[tuple[Field, ...], frozenset[str]]]:
    """Types grouped by equal keys, so that a key of all types is asked for once."""
    groups: dict[object, tuple[tuple[Field, ...], list[str]]] = {}
    for name, entry in entries.items():
        groups.setdefault(tuple(map(_outline, entry.keys)), (entry.keys, []))[1].append(name)
    return [(keys, frozenset(names)) for keys, names in groups.values()]


def _demand_alike(known: Mapping[str, Entry], added: Mapping[str, Entry], required: Iterable[Field]) -> bool:
    """Whether all entries demand the same when those of ``added`` demand ``required``, too."""
    demanded = {name: set(map(_outline, entry.required)) for name, entry in known.items()}
    asked = set(map(_outline, required))
    if added.keys() - known.keys() and not all(found <= asked for found in demanded.values()):
        return False
    return all(asked <= found for name, found in demanded.items() if name not in added)


def _outline(field: Field) -> tuple[object, ...]:
    return field.name, field.arguments, field.types, tuple(map(_outline, field.selections))
