"""What every merge step shares: the subgraphs in order of name, the supergraph being built, what was found so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from router.composition.errors import CompositionError
from router.composition.hints import Hint
from router.composition.schema import Application, Element, EnumLiteral, NamedType, Schema
from router.composition.subgraph.subgraph import Subgraph
from router.specs.join import graph_enum_values

__all__ = ["MergeContext", "Sources", "present", "subgraph_names"]

T = TypeVar("T")
Sources = list[T | None]
"""One entry per subgraph, in order of name: the subgraph's version of an element, or None."""


def present(sources: Sequence[T | None]) -> Iterator[tuple[int, T]]:
    """The subgraphs that have the element: index and their version."""
    for index, source in enumerate(sources):
        if source is not None:
            yield index, source


def subgraph_names(names: Iterable[str]) -> str:
    """``subgraph "a"`` or ``subgraphs "a", "b" and "c"``."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"subgraph {quoted[0]}"
    return f"subgraphs {', '.join(quoted[:-1])} and {quoted[-1]}"


@dataclass
class MergeContext:
    """The state of one merge.

    ``directive_names`` maps a federation directive to its name in the supergraph. ``composed`` are the custom
    directives that ``@composeDirective`` keeps, with the index of the subgraph. ``enum_positions`` says where each enum
    is used: ``input``, ``output``. ``supertypes`` maps a type to the abstract types it belongs to.
    """

    subgraphs: list[Subgraph]
    supergraph: Schema = field(default_factory=lambda: Schema(coordinate="schema"))
    errors: list[CompositionError] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    directive_names: dict[str, str] = field(default_factory=dict)
    composed: set[tuple[int, str]] = field(default_factory=set)
    repeatable: set[str] = field(default_factory=set)
    enum_positions: dict[str, set[str]] = field(default_factory=dict)
    custom_links: list[Application] = field(default_factory=list)
    supertypes: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = graph_enum_values(subgraph.name for subgraph in self.subgraphs)
        self.graphs = [EnumLiteral(values[subgraph.name]) for subgraph in self.subgraphs]
        self.index_of = {subgraph.name: index for index, subgraph in enumerate(self.subgraphs)}

    def error(self, code: str, message: str, *coordinates: str) -> None:
        """Record a reason to fail."""
        self.errors.append(CompositionError(code, message, coordinates))

    def hint(self, code: str, message: str, coordinate: str) -> None:
        """Record a remark."""
        self.hints.append(Hint(code, message, coordinate))

    def type_sources(self, name: str) -> Sources[NamedType]:
        """Each subgraph's version of a type."""
        return [subgraph.schema.types.get(name) for subgraph in self.subgraphs]

    def names(self, indexes: Iterable[int]) -> str:
        """The subgraphs of these indexes, for a message."""
        return subgraph_names(self.subgraphs[index].name for index in indexes)

    def with_and_without(self, having: Iterable[int], among: Iterable[int]) -> str:
        """``it is in subgraph "a" but not in subgraph "b"``."""
        inside = list(having)
        outside = [index for index in among if index not in inside]
        text = f"it is in {self.names(inside)}"
        return f"{text} but not in {self.names(outside)}" if outside else text

    def join(self, directive: str, /, **arguments: object) -> Application:
        """A join directive; arguments that are None are left out."""
        kept = {key: value for key, value in arguments.items() if value is not None}
        return Application(f"join__{directive}", kept)  # type: ignore[arg-type]

    def is_inaccessible(self, element: Element) -> bool:
        """Whether a merged element is hidden."""
        return any(application.spec == "inaccessible" for application in element.applied)

    def is_subtype(self, name: str, other: str) -> bool:
        """Whether values of type ``name`` are values of the abstract type ``other`` in the supergraph."""
        return other in self.supertypes.get(name, ())
