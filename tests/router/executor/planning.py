"""Plans written by hand: a short way to say nodes, and response fields derived from an operation.

Source keys are the response keys, as for a plan without aliases of the planner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    parse,
)

from router.query_plan.nodes import (
    Conditions,
    EntityCall,
    EntityFetch,
    Fetch,
    Path,
    PlanNode,
    QueryPlan,
    Representation,
    RepresentationField,
    ResponseField,
)


def root(service: str, document: str, *variables: str, operation: OperationType = OperationType.QUERY) -> Fetch:
    return Fetch(service, operation, document, variables)


def entities(service: str, typename: str, selection: str, *targets: Path, **options: object) -> EntityFetch:
    """One call for entities of ``typename`` with the key ``id``, or what ``options`` of EntityCall say."""
    document = f"query($r:[_Any!]!){{_entities(representations:$r){{...on {typename}{{{selection}}}}}}}"
    return EntityFetch(service, document, (), (call("_entities", "r", typename, *targets, **options),))


def call(key: str, variable: str, typename: str, *targets: Path, **options: object) -> EntityCall:
    representations = options.pop("representations", None) or (keyed(typename, "id"),)
    return EntityCall(key, variable, targets, representations, **options)  # type: ignore[arg-type]


def keyed(
    typename: str | None, *keys: str, requires: Iterable[str] = (), types: Iterable[str] | None = None
) -> Representation:
    fields = [
        *(RepresentationField(key, key, True) for key in keys),
        *(RepresentationField(f, f, False) for f in requires),
    ]
    return Representation(None if types is None else frozenset(types), typename, tuple(fields))


def plan(schema: GraphQLSchema, operation: str, node: PlanNode | None, introspection: str | None = None) -> QueryPlan:
    """The plan that answers ``operation`` from what ``node`` fetches."""
    document = parse(operation)
    definition = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fragments = {f.name.value: f for f in document.definitions if isinstance(f, FragmentDefinitionNode)}
    root_type = schema.get_root_type(definition.operation)
    assert root_type is not None
    fields = response_fields(schema, root_type, [definition.selection_set], fragments)
    name = definition.name.value if definition.name else None
    return QueryPlan(definition.operation, name, root_type.name, node, fields, introspection)


def response_fields(
    schema: GraphQLSchema,
    parent: GraphQLNamedType,
    selection_sets: list[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> tuple[ResponseField, ...]:
    """For an abstract parent with type conditions: the fields of each possible type, one after another."""
    if not is_abstract_type(parent):
        assert isinstance(parent, GraphQLObjectType)
        return tuple(_of_type(schema, parent, parent, selection_sets, fragments, None))
    assert isinstance(parent, GraphQLInterfaceType | GraphQLUnionType)
    possible = schema.get_possible_types(parent)
    if not any(_has_fragments(selection_set) for selection_set in selection_sets):
        return tuple(_of_type(schema, possible[0], parent, selection_sets, fragments, None))
    return tuple(
        field
        for concrete in possible
        for field in _of_type(schema, concrete, parent, selection_sets, fragments, frozenset({concrete.name}))
    )


def _of_type(
    schema: GraphQLSchema,
    concrete: GraphQLObjectType,
    parent: GraphQLNamedType,
    selection_sets: list[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    types: frozenset[str] | None,
) -> Iterable[ResponseField]:
    collected: dict[str, list[FieldNode]] = {}
    for selection_set in selection_sets:
        _collect(schema, concrete, selection_set, fragments, collected)
    named = concrete if types is not None or not hasattr(parent, "fields") else parent
    for key, nodes in collected.items():
        name = nodes[0].name.value
        if name == "__typename":
            type_ = schema.type_map["Boolean"]
            yield ResponseField(key, "__typename", name, named.name, type_, types, _include(nodes[0]), (), "typename")
            continue
        if name.startswith("__"):
            type_ = schema.type_map["Boolean"]
            yield ResponseField(key, key, name, named.name, type_, types, (), (), "introspection")
            continue
        type_ = named.fields[name].type
        inner = [node.selection_set for node in nodes if node.selection_set is not None]
        selections = response_fields(schema, get_named_type(type_), inner, fragments) if inner else ()
        yield ResponseField(key, key, name, named.name, type_, types, _include(nodes[0]), selections)


def _collect(
    schema: GraphQLSchema,
    concrete: GraphQLObjectType,
    selection_set: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    collected: dict[str, list[FieldNode]],
) -> None:
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            collected.setdefault((selection.alias or selection.name).value, []).append(selection)
            continue
        fragment = fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
        condition = fragment.type_condition and schema.type_map[fragment.type_condition.name.value]
        if condition in (None, concrete) or (is_abstract_type(condition) and schema.is_sub_type(condition, concrete)):
            _collect(schema, concrete, fragment.selection_set, fragments, collected)


def _has_fragments(selection_set: SelectionSetNode) -> bool:
    return any(not isinstance(selection, FieldNode) for selection in selection_set.selections)


def _include(node: FieldNode) -> Conditions:
    """``@include(if: $v)`` and ``@skip(if: $v)`` of a field, both together being one alternative."""
    found = []
    for directive in node.directives or ():
        (argument,) = directive.arguments
        assert isinstance(argument.value, VariableNode)
        found.append((argument.value.name.value, directive.name.value == "include"))
    return (tuple(sorted(found)),) if found else ()
