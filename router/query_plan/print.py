"""The printed form of a plan, in the layout other Federation routers use.

``Flatten(path: "me.orders.@")`` wraps an entity fetch and says where its entities stand; ``@`` is every item of a list,
``|[Book]`` goes on for objects of these types only. A fetch with several calls is printed as ``Batch``, one ``Flatten``
per call; a call for entities at several places lists its paths.

``Defer`` is the plan for clients that read incremental delivery: what the answer waits for is ``Primary``, every
``Deferred`` is delivered later. It says which fetches it goes on from (``depends``, the others' ``id``) and which
fragments it is for. A part whose objects another deferred part fetches stands inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from graphql import DocumentNode, OperationDefinitionNode, SelectionSetNode, parse, print_ast
from graphql.language import FieldNode

from router.query_plan.nodes import (
    Condition,
    Conditions,
    ContextVariable,
    Defer,
    Deferred,
    DeferUsage,
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

__all__ = ["print_conditions", "print_context", "print_path", "print_plan", "print_representation"]

_Lines = Iterator[str]


def print_plan(plan: QueryPlan, *, inline: bool = False) -> str:
    """The plan as text. Depends on nothing but the plan, so equal plans print equal text.

    Of an operation with ``@defer`` it is the plan for incremental delivery, or the other one if ``inline``.
    """
    if plan.defer is not None and not inline:
        return "\n".join(_block("QueryPlan", _defer(plan.defer), end=""))
    if plan.node is None:
        return "QueryPlan {}"
    return "\n".join(_block("QueryPlan", _node(plan.node, _Ids()), end=""))


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


def print_context(context: ContextVariable) -> str:
    """``^2 { currency } or ^4 { ... on Shop { currency } }``: ``^n`` goes back n elements of the entity's path."""
    return " or ".join(
        f"^{source.up} {{ {' '.join(line.strip() for found in source.selections for line in _leaf(found))} }}"
        for source in context.sources
    )


def _leaf(selection: RepresentationSelection) -> _Lines:
    fields = [field for field in selection.fields if field.name != "__typename"]
    yield from _representation_selection(RepresentationSelection(selection.types, tuple(fields)))


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


class _Ids:
    """Numbers the fetches in the order they are printed, and shows those that are referred to."""

    def __init__(self, shown: frozenset[int] = frozenset()) -> None:
        self._numbers = count()
        self._shown = shown

    def next(self) -> str:
        number = next(self._numbers)
        return f", id: {number}" if number in self._shown else ""


def _defer(defer: Defer) -> _Lines:
    ids = _Ids(frozenset(number for part in defer.deferred for number in part.depends))
    blocks = {0: [] if defer.primary is None else list(_node(defer.primary, ids))}
    for number, part in enumerate(defer.deferred, 1):
        blocks[number] = [] if part.node is None else list(_node(part.node, ids))
    yield from _deferred(defer, 0, blocks)


def _deferred(defer: Defer, parent: int, blocks: dict[int, list[str]]) -> _Lines:
    """A part with the parts inside it."""
    inside = [(number, part) for number, part in enumerate(defer.deferred, 1) if part.parent == parent]
    if parent and not inside:
        yield from blocks[parent]
        return
    lines = list(_block("Primary", blocks[parent]))
    for number, part in inside:
        lines += _block(_deferred_head(defer, part), _deferred(defer, number, blocks))
    yield from _block("Defer", lines)


def _deferred_head(defer: Defer, part: Deferred) -> str:
    usages = " and ".join(_usage(defer.usages[number]) for number in part.usages)
    return f"Deferred(depends: [{', '.join(map(str, part.depends))}], {usages})"


def _usage(usage: DeferUsage) -> str:
    text = f'path: "{".".join(usage.path)}"'
    if usage.label is not None:
        text += f', label: "{usage.label}"'
    return text if usage.variable is None else f"{text}, if: ${usage.variable}"


def _node(node: PlanNode, ids: _Ids) -> _Lines:
    match node:
        case Fetch():
            body = _block("", _selections(_operation(node.document).selection_set), end="")
            yield from _block(f'Fetch(service: "{node.service}"{ids.next()})', body)
        case EntityFetch():
            yield from _entity_fetch(node, ids)
        case Sequence(nodes):
            yield from _block("Sequence", _nodes(nodes, ids))
        case Parallel(nodes):
            yield from _block("Parallel", _nodes(nodes, ids))
        case Condition(include, child):
            yield from _block(f"Include(if: {print_conditions(include)})", _node(child, ids))
        case Subscription(primary, rest):
            yield from _block("Subscription", _subscription(primary, rest, ids))


def _nodes(nodes: tuple[PlanNode, ...], ids: _Ids) -> _Lines:
    for node in nodes:
        yield from _node(node, ids)


def _subscription(primary: Fetch, rest: PlanNode | None, ids: _Ids) -> _Lines:
    yield from _block("Primary:", _node(primary, ids))
    if rest is not None:
        yield from _block("Rest:", _node(rest, ids))


def _entity_fetch(node: EntityFetch, ids: _Ids) -> _Lines:
    service = f'service: "{node.service}"{ids.next()}'
    fields = [field for field in _operation(node.document).selection_set.selections if isinstance(field, FieldNode)]
    if len(node.calls) == 1:
        call, field = node.calls[0], fields[0]
        yield from _block(_flatten(call), _block(f"Fetch({service})", _call(call, field)))
        return
    blocks = [
        line
        for call, field in zip(node.calls, fields, strict=True)
        for line in _block(_flatten(call), _call(call, field))
    ]
    yield from _block(f"Batch({service})", blocks)


def _flatten(call: EntityCall) -> str:
    paths = [f'"{print_path(path)}"' for path in call.targets]
    text = f"path: {paths[0]}" if len(paths) == 1 else f"paths: [{', '.join(paths)}]"
    for context in call.contexts:
        text += f", ${context.name}: {print_context(context)}"
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
