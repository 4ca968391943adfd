"""How large the drawn operations are and what their plans do: a campaign of trivial operations would show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from graphql import DocumentNode, FieldNode, Node, OperationType

from router.query_plan import QueryPlan
from router.query_plan.nodes import Condition, EntityFetch, OnTypes, PlanNode, RepresentationSelection, fetches

__all__ = ["measure"]

_FIELDS = (0, 4, 9, 19, 39)
_FETCHES = (0, 1, 2, 4, 8)


def measure(document: DocumentNode, plan: QueryPlan) -> Counter[str]:
    """One of each that holds for an operation: its size, its plan's size, and what its plan makes use of."""
    sent = list(fetches(plan.node))
    found = {f"fields {_bucket(_fields(document), _FIELDS)}", f"fetches {_bucket(len(sent), _FETCHES)}"}
    if plan.operation_type is OperationType.MUTATION:
        found.add("plan: mutation")
    if plan.operation_type is OperationType.SUBSCRIPTION:
        found.add("plan: subscription")
    if plan.defer is not None:
        found.add("plan: defer")
    if _is_conditional(plan.node):
        found.add("plan: condition")
    for fetch in sent:
        if isinstance(fetch, EntityFetch):
            found.update(f"plan: {trait}" for trait in _traits(fetch))
    return Counter(found)


def _traits(fetch: EntityFetch) -> Iterator[str]:
    yield "entity fetch"
    if len(fetch.calls) > 1:
        yield "shared request"
    for call in fetch.calls:
        if any(isinstance(element, OnTypes) for target in call.targets for element in target):
            yield "type condition"
        if call.contexts:
            yield "context"
        for one in call.representations:
            if one.typename is not None and one.types is not None and one.types != {one.typename}:
                yield "interface object"
            if _requires(RepresentationSelection(None, one.fields)):
                yield "requires"


def _requires(selection: RepresentationSelection) -> bool:
    return any(not field.is_key or any(map(_requires, field.selections)) for field in selection.fields)


def _is_conditional(node: PlanNode | None) -> bool:
    if isinstance(node, Condition):
        return True
    return any(_is_conditional(child) for child in getattr(node, "nodes", ()))


def _fields(node: Node) -> int:
    """Fields written in a document or selection."""
    if hasattr(node, "definitions"):
        return sum(_fields(one) for one in node.definitions)
    below = getattr(node, "selection_set", None)
    inner = 0 if below is None else sum(_fields(one) for one in below.selections)
    return inner + isinstance(node, FieldNode)


def _bucket(number: int, bounds: tuple[int, ...]) -> str:
    for low, high in pairwise(bounds):
        if number <= high:
            return f"{low + 1:02}-{high:02}"
    return f"over {bounds[-1]:02}"
