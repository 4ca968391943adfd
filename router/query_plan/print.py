"""The printed form of a plan, in the layout other Federation routers use.

``Flatten(path: "me.orders.@")`` wraps an entity fetch and says where its entities stand; ``@`` is every item of a list,
``|[Book]`` goes on for objects of these types only. A fetch with several calls is printed as ``Batch``, one ``Flatten``
per call; a call for entities at several places lists its paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import DocumentNode, OperationDefinitionNode, SelectionSetNode, parse, print_ast
from graphql.language import FieldNode

from router.query_plan.nodes import (
    Condition,
    Conditions,
    EntityCall,
    EntityFetch,
    Fetch,
    Items,
    OnTypes,
    Parallel,
    Path,
    PlanNode,
    QueryPlan,
    Representation,
    RepresentationField,
    RepresentationSelection,
    Sequence,
    Subscription,
)

__all__ = ["print_conditions", "print_path", "print_plan", "print_representation"]

_Lines = Iterator[str]


def print_plan(plan: QueryPlan) -> str:
    """The plan as text. Depends on nothing but the plan, so equal plans print equal text."""
    if plan.node is None:
        return "QueryPlan {}"
    return "\n".join(_block("QueryPlan", _node(plan.node), end=""))


def print_path(path: Path) -> str:
    """``me.orders.@.items.@``."""
    text = ""
    for element in path:
        if isinstance(element, OnTypes):
            text += f"|[{','.join(sorted(element.types))}]"
        else:
            text += ("." if text else "") + ("@" if isinstance(element, Items) else element)
    return text


def print_conditions(conditions: Conditions) -> str:
    """``$a and not $b or $c``."""
    return " or ".join(
        " and ".join(f"${name}" if value else f"not ${name}" for name, value in alternative)
        for alternative in conditions
    )


def print_representation(representation: Representation) -> list[str]:
    """The representation as a selection on the types it is built for."""
    names = sorted(representation.types) if representation.types is not None else []
    if representation.typename is not None:
        names = [representation.typename]
    typename = "__typename" if representation.typename is None else f'__typename: "{representation.typename}"'
    if representation.typename is not None and representation.types in (None, frozenset({representation.typename})):
        typename = "__typename"
    head = f"... on {' | '.join(names)}" if names else "..."
    return list(_block(head, (typename, *_representation_fields(representation.fields)), end=""))


def _representation_fields(fields: Iterable[RepresentationField]) -> _Lines:
    for field in fields:
        head = field.name if field.name == field.source_key else f"{field.name}: {field.source_key}"
        if field.selections:
            inner = [line for selection in field.selections for line in _representation_selection(selection)]
            yield from _block(head, inner, end="")
        else:
            yield head


def _representation_selection(selection: RepresentationSelection) -> _Lines:
    if selection.types is None:
        yield from _representation_fields(selection.fields)
    else:
        head = f"... on {' | '.join(sorted(selection.types))}"
        yield from _block(head, _representation_fields(selection.fields), end="")


def _node(node: PlanNode) -> _Lines:
    match node:
        case Fetch():
            body = _block("", _selections(_operation(node.document).selection_set), end="")
            yield from _block(f'Fetch(service: "{node.service}")', body)
        case EntityFetch():
            yield from _entity_fetch(node)
        case Sequence(nodes):
            yield from _block("Sequence", _nodes(nodes))
        case Parallel(nodes):
            yield from _block("Parallel", _nodes(nodes))
        case Condition(include, child):
            yield from _block(f"Include(if: {print_conditions(include)})", _node(child))
        case Subscription(primary, rest):
            yield from _block("Subscription", _subscription(primary, rest))


def _nodes(nodes: tuple[PlanNode, ...]) -> _Lines:
    for node in nodes:
        yield from _node(node)


def _subscription(primary: Fetch, rest: PlanNode | None) -> _Lines:
    yield from _block("Primary:", _node(primary))
    if rest is not None:
        yield from _block("Rest:", _node(rest))


def _entity_fetch(node: EntityFetch) -> _Lines:
    fields = [field for field in _operation(node.document).selection_set.selections if isinstance(field, FieldNode)]
    if len(node.calls) == 1:
        call, field = node.calls[0], fields[0]
        yield from _block(_flatten(call), _block(f'Fetch(service: "{node.service}")', _call(call, field)))
        return
    blocks = [
        line
        for call, field in zip(node.calls, fields, strict=True)
        for line in _block(_flatten(call), _call(call, field))
    ]
    yield from _block(f'Batch(service: "{node.service}")', blocks)


def _flatten(call: EntityCall) -> str:
    paths = [f'"{print_path(path)}"' for path in call.targets]
    text = f"path: {paths[0]}" if len(paths) == 1 else f"paths: [{', '.join(paths)}]"
    if call.include:
        text += f", if: {print_conditions(call.include)}"
    return f"Flatten({text})"


def _call(call: EntityCall, field: FieldNode) -> _Lines:
    representations = [line for found in call.representations for line in print_representation(found)]
    yield from _block("", representations, end=" =>")
    if field.selection_set is not None:
        yield from _block("", _selections(field.selection_set), end="")


def _selections(node: SelectionSetNode) -> _Lines:
    for selection in node.selections:
        yield from print_ast(selection).split("\n")


def _operation(document: str) -> OperationDefinitionNode:
    parsed: DocumentNode = parse(document, no_location=True)
    operation = parsed.definitions[0]
    if not isinstance(operation, OperationDefinitionNode):
        raise TypeError("a fetch sends one operation")
    return operation


def _block(head: str, lines: Iterable[str], end: str = ",") -> _Lines:
    yield f"{head} {{" if head else "{"
    for line in lines:
        yield f"  {line}"
    yield "}" + end
