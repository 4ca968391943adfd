"""What every merge step shares: the subgraphs in order of name, the supergraph being built, what was found so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from router.composition.errors import CompositionError
from router.composition.hints import Hint
from router.composition.schema import Application, Element, EnumLiteral, NamedType, ObjectType, Schema
from router.composition.subgraph.subgraph import Subgraph
from router.specs.join import graph_enum_values

__all__ = ["MergeContext", "Sources", "subgraph_names"]

T = TypeVar("T")
Type = TypeVar("Type", bound=NamedType)
Sources = Mapping[int, T]
"""The versions of an element: by index of the subgraphs that have it, which is in order of their names."""


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
        self._types: dict[str, dict[int, NamedType]] = {}
        self._interface_objects: dict[str, dict[int, ObjectType]] = {}
        for index, subgraph in enumerate(self.subgraphs):
            for name, type_ in subgraph.schema.types.items():
                self._types.setdefault(name, {})[index] = type_
                if isinstance(type_, ObjectType) and type_.has("interfaceObject"):
                    self._interface_objects.setdefault(name, {})[index] = type_

    def error(self, code: str, message: str, *coordinates: str) -> None:
        """Record a reason to fail."""
        self.errors.append(CompositionError(code, message, coordinates))

    def hint(self, code: str, message: str, coordinate: str) -> None:
        """Record a remark."""
        self.hints.append(Hint(code, message, coordinate))

    def type_names(self) -> list[str]:
        """All types of all subgraphs."""
        return sorted(self._types)

    def type_sources(self, name: str) -> Sources[NamedType]:
        """The subgraphs' versions of a type."""
        return self._types.get(name, {})

    def sources_of_kind(self, name: str, kind: type[Type]) -> Sources[Type]:
        """The versions of a type that are of this kind."""
        return {index: source for index, source in self.type_sources(name).items() if isinstance(source, kind)}

    def interface_objects(self, name: str) -> Sources[ObjectType]:
        """The versions of an interface that are interface objects."""
        return self._interface_objects.get(name, {})

    def ignore_sources(self, name: str, indexes: Iterable[int]) -> None:
        """Leave some versions of a type out of the merge: they have been reported."""
        for index in indexes:
            del self._types[name][index]

    def names(self, indexes: Iterable[int]) -> str:
        """The subgraphs of these indexes, for a message."""
        return subgraph_names(self.subgraphs[index].name for index in indexes)

    def with_and_without(self, having: Iterable[int], among: Iterable[int]) -> str:
        """``it is in subgraph "a" but not in subgraph "b"``."""
        inside = list(having)
        outside = [index for index in among if index not in inside]
        text = f"it is in {self.names(inside)}"
        return f"{text} but not in {self.names(outside)}" if outside else text

    def told_apart(self, texts: Mapping[int, str]) -> str:
        """What each of several subgraphs has: ``FIELD in subgraph "a", QUERY in subgraphs "b" and "c"``."""
        having: dict[str, list[int]] = {}
        for index, text in texts.items():
            having.setdefault(text, []).append(index)
        return ", ".join(f"{text} in {self.names(indexes)}" for text, indexes in having.items())

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
