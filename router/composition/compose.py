"""Subgraph schemas to supergraph SDL: the stages in order (Federation docs, "Composition Rules")."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from router.composition.errors import CompositionError
from router.composition.hints import Hint
from router.composition.merge.merge import merge_subgraphs
from router.composition.merge.supergraph_text import write_supergraph
from router.composition.post_merge.check import check_merged
from router.composition.post_merge.graphql_rules import check_supergraph_graphql
from router.composition.satisfiability.check import check_satisfiability
from router.composition.subgraph.read import read_subgraph
from router.composition.subgraph.rules.check import check_federation_rules
from router.composition.subgraph.subgraph import Subgraph, SubgraphSource
from router.composition.subgraph.upgrade import upgrade_subgraphs
from router.specs.feature import FeatureVersion
from router.supergraph import Supergraph

__all__ = ["CompositionResult", "compose"]


@dataclass(frozen=True, slots=True)
class CompositionResult:
    """Either ``supergraph_sdl`` or ``errors``; hints in any case."""

    supergraph_sdl: str | None = None
    errors: list[CompositionError] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)


def compose(
    subgraphs: Sequence[SubgraphSource],
    max_states: int | None = None,
    newest_federation: FeatureVersion | None = None,
) -> CompositionResult:
    """Compose subgraphs; their order does not matter. All errors of the first failing stage are reported.

    ``max_states`` bounds the satisfiability walk, for schemas of which nothing is known: beyond it composition fails.
    It also fails if a subgraph links a federation version after ``newest_federation``. All stages but that walk take
    time in proportion to the types, fields and applied directives of all subgraphs, as long as few share each type and
    few are of federation 1; merging also goes through all object types for each field of an interface. To find what
    would repair a query that cannot be planned takes more such walks, bounded alike: a change beyond is no repair.
    """
    with _collection_paused():
        return _compose(subgraphs, max_states, newest_federation)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Syntax trees live to the end: searching their many objects for garbage takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _compose(
    subgraphs: Sequence[SubgraphSource], max_states: int | None, newest: FeatureVersion | None
) -> CompositionResult:
    sources = sorted(subgraphs, key=lambda source: source.name)
    errors = _check_names(sources)
    read: list[Subgraph] = []
    for source in sources:
        result = read_subgraph(source)
        if not isinstance(result, Subgraph):
            errors += result
            continue
        if newest is not None and result.version > newest:
            errors.append(_too_new(result, newest))
        elif result.is_federation_2:
            errors += check_federation_rules(result)
        read.append(result)
    if errors:
        return CompositionResult(errors=errors)
    errors = upgrade_subgraphs(read)
    if errors:
        return CompositionResult(errors=errors)
    merged = merge_subgraphs(read)
    if merged.errors:
        return CompositionResult(errors=merged.errors, hints=merged.hints)
    errors = check_merged(merged)
    if errors:
        return CompositionResult(errors=errors, hints=merged.hints)
    written = write_supergraph(merged)
    supergraph = Supergraph.from_document(written.document())
    errors = check_supergraph_graphql(merged, supergraph)
    if errors:
        return CompositionResult(errors=errors, hints=merged.hints)
    errors, hints = check_satisfiability(supergraph, max_states)
    hints = [*merged.hints, *hints]
    return CompositionResult(errors=errors, hints=hints) if errors else CompositionResult(written.sdl(), hints=hints)


def _too_new(subgraph: Subgraph, newest: FeatureVersion) -> CompositionError:
    return CompositionError(
        "UNKNOWN_FEDERATION_LINK_VERSION",
        f"[{subgraph.name}] Federation {subgraph.version} is linked but the configuration pins {newest}:"
        f" link {newest} or raise federation_version.",
        subgraphs=(subgraph.name,),
    )


def _check_names(sources: Sequence[SubgraphSource]) -> list[CompositionError]:
    errors = []
    seen: set[str] = set()
    for source in sources:
        if source.name in ("", "_"):
            why = "the name is reserved" if source.name else "it needs a name to be told by"
            errors.append(
                CompositionError("INVALID_SUBGRAPH_NAME", f'A subgraph cannot be named "{source.name}": {why}.')
            )
        if source.name in seen:
            errors.append(CompositionError(None, f'Two subgraphs are named "{source.name}": rename one.'))
        seen.add(source.name)
    return errors
