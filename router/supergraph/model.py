"""The supergraph as plain immutable data: what the directives of https://specs.apollo.dev/join/ say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLSchema, TypeNode

from router.supergraph.authorization import Requirement
from router.supergraph.field_set import FieldSet

__all__ = ["ContextArgument", "FieldJoin", "JoinedField", "JoinedType", "Key", "Supergraph", "TypeJoin"]


@dataclass(frozen=True, slots=True)
class Key:
    """One ``@key`` of a type in one subgraph."""

    fields: FieldSet
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class TypeJoin:
    """One subgraph's part in a type: all its ``@join__type``."""

    graph: str
    keys: tuple[Key, ...] = ()
    extension: bool = False
    interface_object: bool = False


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument of a subgraph's field that clients do not give: the nearest object above that sets the context does.

    See https://specs.apollo.dev/context/v0.1.
    """

    name: str
    type: str
    """The argument's type as SDL."""
    context: str
    selections: tuple[tuple[str, FieldSet], ...]
    """Object types that set the context, each with what is read of it: one leaf."""


@dataclass(frozen=True, slots=True)
class FieldJoin:
    """One subgraph's part in a field: its ``@join__field``, or what follows where there is none."""

    graph: str
    type: TypeNode
    """The field's type as this subgraph writes it; it may differ from the supergraph's by nullability or subtyping."""
    external: bool = False
    requires: FieldSet = ()
    provides: FieldSet = ()
    override: str | None = None
    override_label: str | None = None
    used_overridden: bool = False
    context_arguments: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinedField:
    """A field of an object or interface type and the subgraphs that define it, in the order of the SDL.

    No joins: only an interface object has it.
    """

    name: str
    type: TypeNode
    joins: Mapping[str, FieldJoin]


@dataclass(frozen=True, slots=True)
class JoinedType:
    """An object, interface or union type and the subgraphs that know it, in the order of the SDL."""

    name: str
    joins: Mapping[str, TypeJoin]
    fields: Mapping[str, JoinedField]
    implements: Mapping[str, frozenset[str]]
    """Subgraph to the interfaces the type implements there."""
    members: Mapping[str, frozenset[str]]
    """Of a union: subgraph to its members there."""


@dataclass(frozen=True, slots=True)
class Supergraph:
    """Everything the router knows about the subgraphs. Subgraphs go by their real names, not by join's enum values."""

    schema: GraphQLSchema
    """All types, also those clients may not see, without the elements of specifications."""
    api_schema: GraphQLSchema
    """What clients see."""
    subgraphs: Mapping[str, str]
    """Subgraph name to routing URL, in the order of the SDL."""
    types: Mapping[str, JoinedType]
    authorization: Mapping[tuple[str, str], Requirement]
    """What a request needs for ``(type, field)``; coordinates that need nothing are absent."""

    @property
    def override_labels(self) -> frozenset[str]:
        """The labels under which fields move to another subgraph. O(fields)."""
        return frozenset(
            join.override_label
            for joined in self.types.values()
            for field in joined.fields.values()
            for join in field.joins.values()
            if join.override_label is not None
        )

    @classmethod
    def from_sdl(cls, sdl: str) -> Supergraph:
        """Read supergraph SDL. Raises ``SupergraphError`` when it is not one."""
        from router.supergraph.read import read_supergraph

        return read_supergraph(sdl)

    @classmethod
    def from_document(cls, document: DocumentNode) -> Supergraph:
        """Read a parsed supergraph. Raises ``SupergraphError`` when it is not one."""
        from router.supergraph.read import read_supergraph_document

        return read_supergraph_document(document)
