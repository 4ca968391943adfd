"""``QueryGraph``: the supergraph's joins, indexed by the questions asked while walking an operation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    TypeNode,
    print_ast,
)

from router.query_graph.edges import FieldEdge, KeyEdge
from router.supergraph import FieldJoin, FieldSet, JoinedType, Supergraph
from router.supergraph.field_set import possible_types

__all__ = ["QueryGraph"]


class QueryGraph:
    """All moves between and inside the subgraphs of one supergraph. Immutable once built, in O(fields x subgraphs that
    have them).

    ``labels`` are the override labels that are active: a field overridden with a label moves only when it is
    (Federation docs, "Directives", ``@override``).
    """

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset()) -> None:
        self.supergraph = supergraph
        self.schema: GraphQLSchema = supergraph.schema
        self.graphs: tuple[str, ...] = tuple(supergraph.subgraphs)
        self._labels = labels
        self._edges: dict[tuple[str, str, str], FieldEdge] = {}
        self._interface_objects: dict[str, tuple[str, ...]] = {}
        self._implementations: dict[tuple[str, str], set[str]] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        for joined in supergraph.types.values():
            self._add(joined)
        self.possible_types = lru_cache(maxsize=None)(self._possible_types)
        self.resolvers = lru_cache(maxsize=None)(self._resolvers)
        self.entries = lru_cache(maxsize=None)(self._entries)

    def edge(self, graph: str, type_name: str, field: str) -> FieldEdge | None:
        """The field as the subgraph defines it, external or not; ``None`` when it does not."""
        return self._edges.get((graph, type_name, field))

    def edges(self) -> Iterator[FieldEdge]:
        """Every field of every subgraph, in the order of the supergraph."""
        return iter(self._edges.values())

    @cached_property
    def carried(self) -> frozenset[str]:
        """Names of fields with fields below them in a key, or in what a field requires or takes from above: they may be
        fetched for a representation, whatever clients want of them. O(field sets)."""
        found: set[str] = set()
        for joined in self.supergraph.types.values():
            sets = [key.fields for join in joined.joins.values() for key in join.keys]
            for field in joined.fields.values():
                for own in field.joins.values():
                    sets.append(own.requires)
                    sets += [selected for one in own.context_arguments for _, selected in one.selections]
            while sets:
                for one in sets.pop():
                    if one.selections:
                        found.add(one.name)
                        sets.append(one.selections)
        return frozenset(found)

    def having(self, type_name: str, field: str) -> frozenset[str]:
        """The subgraphs that have an object type's field in any way, be it external or of an interface object.
        O(subgraphs)."""
        resolving = frozenset(edge.graph for edge in self.resolvers(type_name, field))
        return resolving.union(graph for graph in self.graphs if (graph, type_name, field) in self._edges)

    def knows(self, graph: str, type_name: str) -> bool:
        """Whether the subgraph defines a composite type of this name."""
        joined = self.supergraph.types.get(type_name)
        return joined is not None and graph in joined.joins

    def is_object(self, type_name: str) -> bool:
        """Whether the supergraph has an object type of this name."""
        return isinstance(self.schema.type_map.get(type_name), GraphQLObjectType)

    def is_interface_object(self, graph: str, type_name: str) -> bool:
        """Whether the subgraph stands in for all implementations of an interface with one object type."""
        return graph in self._interface_objects.get(type_name, ())

    def interfaces(self, type_name: str) -> tuple[str, ...]:
        """The interfaces an object type implements anywhere."""
        return self._parents.get(type_name, ())

    def _possible_types(self, graph: str, type_name: str) -> frozenset[str]:
        """The object types an object of ``type_name`` can have when ``graph`` returns it."""
        joined = self.supergraph.types.get(type_name)
        if joined is None or graph not in joined.joins:
            return frozenset()
        if joined.members:
            return joined.members.get(graph, frozenset())
        if joined.joins[graph].interface_object:
            return possible_types(self.schema, type_name)
        if self.is_object(type_name):
            return frozenset((type_name,))
        return frozenset(self._implementations.get((graph, type_name), ()))

    def _resolvers(self, type_name: str, field: str) -> tuple[FieldEdge, ...]:
        """Where the field can be resolved without a ``@provides``, in the order of the supergraph.

        Of an object type: its own definitions first, then interface objects. Of an interface: interface objects first,
        then subgraphs that resolve it for every implementation they know.
        """
        joined = self.supergraph.types.get(type_name)
        if joined is None:
            return ()
        if not self.is_object(type_name):
            return tuple(self._interface_resolvers(joined, field))
        own = [edge for graph in joined.joins if (edge := self._resolvable(graph, type_name, field)) is not None]
        stand_ins = [
            edge
            for interface in self._parents.get(type_name, ())
            for graph in self._interface_objects.get(interface, ())
            if (edge := self._resolvable(graph, interface, field)) is not None
        ]
        return (*own, *stand_ins)

    def _interface_resolvers(self, joined: JoinedType, field: str) -> Iterator[FieldEdge]:
        stand_ins = self._interface_objects.get(joined.name, ())
        for graph in (*stand_ins, *(graph for graph in joined.joins if graph not in stand_ins)):
            edge = self._resolvable(graph, joined.name, field)
            if edge is None:
                continue
            if graph in stand_ins or all(
                (own := self._resolvable(graph, name, field)) is not None and not own.by_entry_only
                for name in self.possible_types(graph, joined.name)
            ):
                yield edge

    def _resolvable(self, graph: str, type_name: str, field: str) -> FieldEdge | None:
        edge = self._edges.get((graph, type_name, field))
        return None if edge is None or edge.external else edge

    def _entries(self, type_name: str) -> tuple[KeyEdge, ...]:
        """By which keys subgraphs can be entered at an object of this type, in the order of the supergraph."""
        joined = self.supergraph.types.get(type_name)
        if joined is None:
            return ()
        found = [
            KeyEdge(graph, type_name, key.fields)
            for graph, join in joined.joins.items()
            for key in join.keys
            if key.resolvable
        ]
        for interface in self._parents.get(type_name, ()):
            for graph in self._interface_objects.get(interface, ()):
                join = self.supergraph.types[interface].joins[graph]
                found += [KeyEdge(graph, interface, key.fields) for key in join.keys if key.resolvable]
        return tuple(found)

    def _add(self, joined: JoinedType) -> None:
        for graph, interfaces in joined.implements.items():
            if self.is_object(joined.name) and graph in joined.joins:
                for interface in interfaces:
                    self._implementations.setdefault((graph, interface), set()).add(joined.name)
        definition = self.schema.type_map.get(joined.name)
        if isinstance(definition, GraphQLObjectType):
            self._parents[joined.name] = tuple(interface.name for interface in definition.interfaces)
        elif isinstance(definition, GraphQLInterfaceType):
            stand_ins = tuple(graph for graph, join in joined.joins.items() if join.interface_object)
            self._interface_objects[joined.name] = stand_ins
        keyed = {graph: set(_extension_keys(joined, graph)) for graph in joined.joins}
        for field in joined.fields.values():
            for graph, join in field.joins.items():
                if self._is_active(join):
                    usable_key = (joined.name, field.name) in keyed.get(graph, ())
                    self._edges[graph, joined.name, field.name] = FieldEdge(
                        graph,
                        joined.name,
                        field.name,
                        _named(join.type),
                        _shape(join.type),
                        (join.external and not usable_key) or join.used_overridden,
                        join.requires,
                        join.provides,
                        join.context_arguments,
                    )

    def _is_active(self, join: FieldJoin) -> bool:
        if join.override_label is None:
            return True
        return (join.override_label in self._labels) == (join.override is not None)


def _extension_keys(joined: JoinedType, graph: str) -> Iterator[tuple[str, str]]:
    """Key fields of a type extension: resolvable there even when they are marked external."""
    join = joined.joins[graph]
    if join.extension:
        for key in join.keys:
            yield from _coordinates(key.fields)


def _coordinates(fields: FieldSet) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield field.parent_type, field.name
        yield from _coordinates(field.selections)


def _shape(node: TypeNode) -> str:
    return node.name.value if isinstance(node, NamedTypeNode) else print_ast(node)


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    if not isinstance(node, NamedTypeNode):
        raise TypeError(f"not a type reference: {node!r}")
    return node.name.value
