"""Changes that may let a failing field be read: keys to add, fields that a key lacks, a field to share.

Each keeps the rules of merging, so that nothing but satisfiability has to be asked about it: a field that is added
somewhere becomes shareable there and everywhere, by a key or by ``@shareable``.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type

from router.composition.satisfiability.edits import Edit
from router.composition.satisfiability.options import Options
from router.composition.satisfiability.reachability import Holding
from router.composition.satisfiability.walk import Failure
from router.query_graph import FieldEdge
from router.supergraph import FieldSet

__all__ = ["candidate_edits"]

_Key = tuple[str, ...]


def candidate_edits(options: Options, failure: Failure) -> Iterator[tuple[Edit, ...]]:
    """Candidates in no order of size; some may not help.

    For each way of holding the object and each subgraph that resolves the field, every key of the type and every
    non-null leaf that could be one; what ``@requires`` needs is looked at in the same way.
    """
    if failure.field is None:
        yield from _interface_keys(options, failure)
        return
    for holding in failure.holdings:
        yield from _links_to(options, failure.type_name, failure.field, holding, set())


def _links_to(
    options: Options, type_name: str, field: str, holding: Holding, asked: set[tuple[str, str, Holding]]
) -> Iterator[tuple[Edit, ...]]:
    if (type_name, field, holding) in asked:
        return
    asked.add((type_name, field, holding))
    reached = options.reachability.graphs(type_name, holding)
    for resolver in options.graph.resolvers(type_name, field):
        if resolver.requires:
            yield from _links_to_required(options, type_name, resolver.requires, holding, asked)
        if resolver.graph not in reached or resolver.requires:
            yield from _key_links(options, type_name, holding, resolver)
        if resolver.graph not in reached:
            yield from _shared(options, type_name, holding, resolver)


def _links_to_required(
    options: Options, type_name: str, fields: FieldSet, holding: Holding, asked: set[tuple[str, str, Holding]]
) -> Iterator[tuple[Edit, ...]]:
    for field in fields:
        values = options.reading(type_name, field.name, holding)
        if not values:
            yield from _links_to(options, type_name, field.name, holding, asked)
        for value in values:
            for name in sorted(options.graph.possible_types(value.graph, value.type_name)):
                yield from _links_to_required(options, name, field.selections, value, asked)


def _key_links(options: Options, type_name: str, holding: Holding, resolver: FieldEdge) -> Iterator[tuple[Edit, ...]]:
    """Let the resolver's subgraph be entered by a key that the holding can give."""
    graph = options.graph
    known = {_names(entry.key) for entry in graph.entries(type_name) if entry.graph == resolver.graph}
    for key in _possible_keys(options, type_name):
        lacking = tuple(name for name in key if not options.reading(type_name, name, holding))
        missing = tuple(name for name in key if graph.edge(resolver.graph, resolver.parent, name) is None)
        if any(graph.edge(holding.graph, holding.type_name, name) is not None for name in lacking):
            continue  # it is @external there, for a reason
        edits = []
        if lacking:
            edits.append(Edit(holding.graph, holding.type_name, lacking, key, resolvable=False))
        if missing or key not in known:
            edits.append(Edit(resolver.graph, resolver.parent, missing, key))
        if missing or lacking:
            edits += _made_shareable(options, type_name, key, {edit.graph for edit in edits})
        yield tuple(edits)


def _made_shareable(options: Options, type_name: str, key: _Key, done: set[str]) -> Iterator[Edit]:
    """Who resolves a key field alone may not have called it shareable."""
    for name in key:
        resolvers = options.graph.resolvers(type_name, name)
        if len(resolvers) == 1 and resolvers[0].graph not in done:
            edge = resolvers[0]
            if not any(name in own for own in _keys(options, edge.parent, edge.graph)):
                yield Edit(edge.graph, edge.parent, shareable=(name,))


def _possible_keys(options: Options, type_name: str) -> list[_Key]:
    """The keys that the type has anywhere, then single fields that could be one."""
    supergraph = options.graph.supergraph
    fields = [name for name in supergraph.types[type_name].fields if _is_plain(options, type_name, name)]
    keys = [
        _names(key.fields)
        for name in (type_name, *options.graph.interfaces(type_name))
        for join in supergraph.types[name].joins.values()
        for key in join.keys
    ]
    singles = sorted(fields, key=lambda name: (_type_text(options, type_name, name) != "ID!", name))
    found = [*keys, *((name,) for name in singles if _type_text(options, type_name, name).endswith("!"))]
    return [key for key in dict.fromkeys(found) if key and all(name in fields for name in key)]


def _shared(options: Options, type_name: str, holding: Holding, resolver: FieldEdge) -> Iterator[tuple[Edit, ...]]:
    """Let the holding's subgraph resolve the field, too."""
    graph = options.graph
    field = resolver.field
    if (
        holding.type_name != type_name
        or resolver.parent != type_name
        or graph.edge(holding.graph, type_name, field) is not None
        or _has_arguments(options, type_name, field)
        or not (_is_leaf(options, type_name, field) or graph.knows(holding.graph, resolver.target))
        or type_name == getattr(graph.schema.subscription_type, "name", None)
    ):
        return
    edits = [Edit(holding.graph, type_name, (field,), shareable=(field,))]
    resolvers = graph.resolvers(type_name, field)
    if len(resolvers) == 1:
        edits.append(Edit(resolver.graph, type_name, shareable=(field,)))
    yield tuple(edits)


def _interface_keys(options: Options, failure: Failure) -> Iterator[tuple[Edit, ...]]:
    """Let a subgraph that defines the interface be entered by a key of the interface object."""
    graph = options.graph
    joined = graph.supergraph.types[failure.type_name]
    for holding in failure.holdings:
        keys = joined.joins[holding.graph].keys if holding.graph in joined.joins else ()
        for name in joined.joins:
            if graph.is_interface_object(name, joined.name):
                continue
            for key in (_names(key.fields) for key in keys):
                types = [joined.name, *sorted(graph.possible_types(name, joined.name))]
                if all(graph.edge(name, type_name, field) for type_name in types for field in key):
                    lacking = [type_name for type_name in types if key not in _keys(options, type_name, name)]
                    yield tuple(Edit(name, type_name, key=key) for type_name in lacking)


def _keys(options: Options, type_name: str, graph: str) -> list[_Key]:
    return [_names(key.fields) for key in options.graph.supergraph.types[type_name].joins[graph].keys]


def _names(fields: FieldSet) -> _Key:
    """The fields of a flat key; none for one with selections inside."""
    return () if any(field.selections for field in fields) else tuple(field.name for field in fields)


def _is_plain(options: Options, type_name: str, field: str) -> bool:
    return (
        _is_leaf(options, type_name, field)
        and not _has_arguments(options, type_name, field)
        and "[" not in _type_text(options, type_name, field)
    )


def _type_text(options: Options, type_name: str, field: str) -> str:
    type_ = options.graph.schema.type_map[type_name]
    return str(type_.fields[field].type) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else ""


def _is_leaf(options: Options, type_name: str, field: str) -> bool:
    type_ = options.graph.schema.type_map[type_name]
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return False
    return is_leaf_type(get_named_type(type_.fields[field].type))


def _has_arguments(options: Options, type_name: str, field: str) -> bool:
    type_ = options.graph.schema.type_map[type_name]
    return isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and bool(type_.fields[field].args)
