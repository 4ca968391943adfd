"""Which subgraph resolves which field of a type, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from graphql import GraphQLInterfaceType, GraphQLObjectType, print_ast

from router.query_graph import QueryGraph
from router.supergraph import FieldJoin, FieldSet, JoinedField, JoinedType, Supergraph
from router.supergraph.field_set import print_field_set

__all__ = ["FieldExplanation", "FieldPart", "TypeExplanation", "TypePart", "explain_fields", "print_fields"]

Role = Literal["resolves", "external", "overridden", "declares"]


@dataclass(frozen=True, slots=True)
class TypePart:
    """What one subgraph knows of the type: the keys it can be entered by, and those it only gives."""

    subgraph: str
    keys: tuple[str, ...] = ()
    unresolvable_keys: tuple[str, ...] = ()
    extension: bool = False
    interface_object: bool = False


@dataclass(frozen=True, slots=True)
class FieldPart:
    """What one subgraph does with a field. ``reasons`` are sentences, the decisive one first."""

    subgraph: str
    role: Role
    reasons: tuple[str, ...]
    keys: tuple[str, ...] = ()
    """By which the subgraph is entered to resolve the field; none for fields of root types."""
    requires: str = ""
    provides: str = ""


@dataclass(frozen=True, slots=True)
class FieldExplanation:
    """``in_api`` is false for what is ``@inaccessible``."""

    name: str
    type: str
    in_api: bool
    parts: tuple[FieldPart, ...]


@dataclass(frozen=True, slots=True)
class TypeExplanation:
    """A type, its subgraphs and its fields, in the order of the supergraph."""

    name: str
    kind: str
    in_api: bool
    parts: tuple[TypePart, ...]
    fields: tuple[FieldExplanation, ...]


def explain_fields(supergraph: Supergraph, joined: JoinedType, names: Sequence[str]) -> TypeExplanation:
    """Explain these fields of a type. Builds the query graph, whatever is asked of it."""
    return _Explainer(supergraph).type(joined, names)


def print_fields(explanation: TypeExplanation) -> str:
    """The explanation as text: the type's subgraphs, then each field with its subgraphs."""
    lines = [f"{explanation.kind} {explanation.name}" + ("" if explanation.in_api else "   (@inaccessible)")]
    lines += [f"  in {part.subgraph}{_type_part(part)}" for part in explanation.parts]
    for field in explanation.fields:
        lines += ["", f"  {field.name}: {field.type}" + ("" if field.in_api else "   (@inaccessible)")]
        width = max((len(part.subgraph) for part in field.parts), default=0)
        for part in field.parts:
            lines.append(f"    {part.subgraph:<{width}}  {part.role}: {'; '.join(part.reasons)}")
    return "\n".join(lines) + "\n"


def _type_part(part: TypePart) -> str:
    words = [f'@key(fields: "{key}")' for key in part.keys]
    words += [f'@key(fields: "{key}", resolvable: false)' for key in part.unresolvable_keys]
    words += ["extension"] if part.extension else []
    words += ["interface object"] if part.interface_object else []
    return ": " + ", ".join(words) if words else ""


class _Explainer:
    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._graph = QueryGraph(supergraph)
        schema = supergraph.schema
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._roots = {root.name for root in roots if root is not None}
        self._uses: dict[tuple[str, str, str], list[str]] = {}
        for edge in self._graph.edges():
            coordinate = f"{edge.parent}.{edge.field}"
            self._note(edge.graph, edge.requires, f"@requires of {coordinate}")
            self._note(edge.graph, edge.provides, f"@provides of {coordinate}")
        for joined in supergraph.types.values():
            for graph, join in joined.joins.items():
                for key in join.keys:
                    self._note(graph, key.fields, f"a @key of {joined.name}")

    def type(self, joined: JoinedType, names: Sequence[str]) -> TypeExplanation:
        definition = self._supergraph.schema.type_map[joined.name]
        kind = "interface" if isinstance(definition, GraphQLInterfaceType) else "type"
        parts = tuple(
            TypePart(
                graph,
                tuple(print_field_set(key.fields) for key in join.keys if key.resolvable),
                tuple(print_field_set(key.fields) for key in join.keys if not key.resolvable),
                join.extension,
                join.interface_object,
            )
            for graph, join in joined.joins.items()
        )
        visible = self._supergraph.api_schema.type_map.get(joined.name)
        shown = visible.fields if isinstance(visible, GraphQLObjectType | GraphQLInterfaceType) else {}
        fields = tuple(
            FieldExplanation(name, print_ast(field.type), name in shown, tuple(self._parts(joined, field)))
            for name in names
            for field in (joined.fields[name],)
        )
        return TypeExplanation(joined.name, kind, visible is not None, parts, fields)

    def _note(self, graph: str, fields: FieldSet, use: str) -> None:
        for field in fields:
            uses = self._uses.setdefault((graph, field.parent_type, field.name), [])
            if use not in uses:
                uses.append(use)
            self._note(graph, field.selections, use)

    def _parts(self, joined: JoinedType, field: JoinedField) -> Iterator[FieldPart]:
        resolving = [graph for graph, join in field.joins.items() if not (join.external or join.used_overridden)]
        for graph, join in field.joins.items():
            yield self._part(joined, field, join, [other for other in resolving if other != graph])
        for join in field.joins.values():
            source = join.override
            if source is not None and source in self._supergraph.subgraphs and source not in field.joins:
                yield FieldPart(source, "overridden", (f"{join.graph} resolves it by @override",))
        for edge in self._graph.resolvers(joined.name, field.name):
            if edge.parent != joined.name:
                reason = f"for every {edge.parent}, which is an @interfaceObject there"
                yield FieldPart(
                    edge.graph,
                    "resolves",
                    (reason, *_conditions(edge.requires, edge.provides), *self._entered(edge.parent, edge.graph)),
                    self._keys(edge.parent, edge.graph),
                    print_field_set(edge.requires),
                    print_field_set(edge.provides),
                )

    def _part(self, joined: JoinedType, field: JoinedField, join: FieldJoin, others: list[str]) -> FieldPart:
        graph = join.graph
        uses = self._uses.get((graph, joined.name, field.name), [])
        if join.used_overridden:
            target = next(other.graph for other in field.joins.values() if other.override == graph)
            used = f"the copy here only serves {' and '.join(uses) or 'an interface'}"
            return FieldPart(graph, "overridden", (f"{target} resolves it by @override", used))
        edge = self._graph.edge(graph, joined.name, field.name)
        if join.external and (edge is None or edge.external):
            return FieldPart(graph, "external", (f"declared for {' and '.join(uses) or 'an interface'}",))
        if not self._graph.is_object(joined.name) and not joined.joins[graph].interface_object:
            return FieldPart(graph, "declares", ("its implementations resolve it",))
        reasons = [*self._why(joined, field, join, others), *_conditions(join.requires, join.provides)]
        return FieldPart(
            graph,
            "resolves",
            (*reasons, *self._entered(joined.name, graph)),
            self._keys(joined.name, graph),
            print_field_set(join.requires),
            print_field_set(join.provides),
        )

    def _why(self, joined: JoinedType, field: JoinedField, join: FieldJoin, others: list[str]) -> Iterator[str]:
        label = join.override_label
        if join.override is not None:
            yield f"it overrides {join.override}" + (f' while label "{label}" is on' if label else "")
        elif label is not None:
            yield f'until label "{label}" is on'
        elif others:
            yield f"shared with {', '.join(others)}"
        else:
            yield "the only one that has it"
        if joined.joins[join.graph].interface_object:
            yield "as an @interfaceObject, for every implementation"
        if print_ast(join.type) != print_ast(field.type):
            yield f"as {print_ast(join.type)}"

    def _keys(self, type_name: str, graph: str) -> tuple[str, ...]:
        join = self._supergraph.types[type_name].joins[graph]
        return tuple(print_field_set(key.fields) for key in join.keys if key.resolvable)

    def _entered(self, type_name: str, graph: str) -> Iterator[str]:
        if type_name in self._roots:
            return
        keys = self._keys(type_name, graph)
        if keys:
            yield f"entered by {{ {' } or { '.join(keys)} }}"
        else:
            yield f"without a key to enter by: only for objects that {graph} itself returned"


def _conditions(requires: FieldSet, provides: FieldSet) -> Iterator[str]:
    if requires:
        yield f"after fetching {{ {print_field_set(requires)} }} elsewhere by @requires"
    if provides:
        yield f"together with {{ {print_field_set(provides)} }} below it by @provides"
