"""Emitting: the fetch graph becomes plan nodes with printed documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphql import OperationType

from router.planner.conditions import ALWAYS
from router.planner.deferring import Block
from router.planner.operation import Operation
from router.planner.requests import Call, FetchGraph, Request
from router.planner.values import mentioned_variables, rename_variables
from router.query_plan.nodes import (
    Condition,
    ContextVariable,
    Deferred,
    EntityCall,
    EntityFetch,
    Fetch,
    Parallel,
    PlanNode,
    Sequence,
    Subscription,
)

__all__ = ["Emitter", "in_sequence"]


class Emitter:
    """Emits nodes for one operation."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation.type
        self._variables = operation.variables
        self._directives = operation.directives
        self._numbers: dict[Request, int] = {}
        """The place of each fetch in the printed plan."""

    def emit(self, graph: FetchGraph) -> PlanNode | None:
        """Nodes that run each request as soon as all it needs is there, as far as series and parallels can say.

        O(rounds x requests x requests) at worst: ``Limits.fetches`` bounds them.
        """
        if self._operation is OperationType.SUBSCRIPTION:
            primary, rest = graph.requests[0], graph.requests[1:]
            return Subscription(self._fetch(primary), self._emit(list(rest)))
        return self._emit(list(graph.requests))

    def emit_primary(self, graph: FetchGraph) -> PlanNode | None:
        """The nodes of what no ``@defer`` delays."""
        return self._emit([request for request in graph.requests if request.block.parent is None])

    def emit_deferred(self, graph: FetchGraph, blocks: Iterable[Block], first: int) -> list[Deferred]:
        """The other parts, in their order, once the primary part was emitted. ``first`` is added to block numbers."""
        parts = []
        for block in blocks:
            if block.parent is None:
                continue
            own = [request for request in graph.requests if request.block is block]
            node = self._emit(own)
            depends = {
                self._numbers[earlier] for request in own for earlier in request.after if earlier.block is not block
            }
            parent = block.parent.number + first if block.parent.number else 0
            parts.append(Deferred(tuple(sorted(depends)), tuple(sorted(block.delayed_by)), parent, node))
        return parts

    def _emit(self, requests: list[Request]) -> PlanNode | None:
        if not requests:
            return None
        groups = _components(requests)
        if len(groups) > 1:
            nodes = [node for group in groups if (node := self._emit(group)) is not None]
            return _in_parallel(nodes)
        present = set(requests)
        heads = [request for request in requests if not request.after & present]
        rest = [request for request in requests if request.after & present]
        first = _in_parallel([self._node(request) for request in heads])
        return in_sequence([first, self._emit(rest)])

    def _node(self, request: Request) -> PlanNode:
        include = request.include
        self._numbers[request] = len(self._numbers)
        node: PlanNode = self._entity_fetch(request) if request.is_entity else self._fetch(request)
        return Condition(include, node) if include else node

    def _fetch(self, request: Request) -> Fetch:
        text = self._directives[self._operation] + request.calls[0].text
        used = mentioned_variables(text)
        definitions = ",".join(self._variables[name] for name in sorted(used))
        is_plain = self._operation is OperationType.QUERY and not definitions and text.startswith("{")
        head = ("" if is_plain else self._operation.value) + (f"({definitions})" if definitions else "")
        return Fetch(request.graph, self._operation, head + text, tuple(sorted(used)))

    def _entity_fetch(self, request: Request) -> EntityFetch:
        directives = self._directives[OperationType.QUERY]
        used = set(mentioned_variables(directives))
        single = len(request.calls) == 1
        calls = []
        selections = []
        definitions = []
        for index, call in enumerate(request.calls):
            key = "_entities" if single else f"_e{index}"
            variable = self._free("representations" if single else f"_r{index}")
            names = {one.name: one.name if single else self._free(key + one.name) for one in call.contexts}
            contexts = tuple(replace(one, name=names[one.name]) for one in call.contexts)
            calls.append(self._call(call, key, variable, request.include, contexts))
            head = "_entities" if single else f"{key}:_entities"
            selections.append(f"{head}(representations:${variable}){rename_variables(call.text, names)}")
            definitions.append(f"${variable}:[_Any!]!")
            definitions += [f"${one.name}:{one.type}" for one in contexts]
            used |= mentioned_variables(call.text) - names.keys()
        definitions += [self._variables[name] for name in sorted(used)]
        document = f"query({','.join(definitions)}){directives}{{{' '.join(selections)}}}"
        return EntityFetch(request.graph, document, tuple(sorted(used)), tuple(calls))

    def _call(
        self, call: Call, key: str, variable: str, known: object, contexts: tuple[ContextVariable, ...]
    ) -> EntityCall:
        include = ALWAYS if call.include == known else call.include
        targets = tuple(step.position.path for step in call.steps)
        return EntityCall(key, variable, targets, call.representations, include, contexts)

    def _free(self, name: str) -> str:
        """A variable name the client does not use."""
        while name in self._variables:
            name = f"_{name}"
        return name


def in_sequence(nodes: list[PlanNode | None]) -> PlanNode | None:
    """Nodes one after another, without needless nesting."""
    flat: list[PlanNode] = []
    for node in nodes:
        if isinstance(node, Sequence):
            flat += node.nodes
        elif node is not None:
            flat.append(node)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def _in_parallel(nodes: list[PlanNode]) -> PlanNode:
    flat: list[PlanNode] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, Parallel) else (node,)
    return flat[0] if len(flat) == 1 else Parallel(tuple(flat))


def _components(requests: list[Request]) -> list[list[Request]]:
    """Requests grouped so that no dependency crosses groups, in order."""
    group = {request: index for index, request in enumerate(requests)}
    for request in requests:
        for earlier in request.after:
            if earlier in group and group[earlier] != group[request]:
                low, high = sorted((group[earlier], group[request]))
                group.update({other: low for other, index in group.items() if index == high})
    found: dict[int, list[Request]] = {}
    for request in requests:
        found.setdefault(group[request], []).append(request)
    return list(found.values())
