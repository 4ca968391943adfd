"""A plan as a Mermaid flowchart: one box for each fetch, arrows for what waits for what."""

from __future__ import annotations

from itertools import pairwise

from graphql import FieldNode, OperationDefinitionNode, parse

from router.query_plan.nodes import (
    Condition,
    Defer,
    EntityCall,
    EntityFetch,
    Fetch,
    Parallel,
    PlanNode,
    QueryPlan,
    Sequence,
    Subscription,
)
from router.query_plan.print import print_conditions, print_path

__all__ = ["plan_to_mermaid"]

_Ends = tuple[list[str], list[str]]
"""Where a node begins and where it ends: the names of its first and last boxes."""

_ESCAPES = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\n": " "})


def plan_to_mermaid(plan: QueryPlan, *, inline: bool = False) -> str:
    """The flowchart. Equal plans give equal text.

    Of an operation with ``@defer`` it shows the plan for incremental delivery, or the other one if ``inline``.
    """
    chart = _Chart()
    if plan.defer is not None and not inline:
        chart.defer(plan.defer)
    elif plan.node is not None:
        chart.node(plan.node)
    return "\n".join(["flowchart LR", *chart.lines])


class _Chart:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._fetches: list[str] = []
        self._conditions = 0

    def node(self, node: PlanNode) -> _Ends:
        """Draw a node with everything in it."""
        match node:
            case Fetch():
                return self._fetch(node.service, [", ".join(_root_fields(node))])
            case EntityFetch():
                return self._fetch(node.service, [_call(call) for call in node.calls])
            case Sequence(nodes):
                ends = [self.node(child) for child in nodes]
                for (_, before), (after, _) in pairwise(ends):
                    self._arrows(before, after)
                return ends[0][0], ends[-1][1]
            case Parallel(nodes):
                ends = [self.node(child) for child in nodes]
                return [name for first, _ in ends for name in first], [name for _, last in ends for name in last]
            case Condition(include, child):
                name = f"c{self._conditions}"
                self._conditions += 1
                self.lines.append(f'  {name}{{"{_escape("if " + print_conditions(include))}"}}')
                first, last = self.node(child)
                self._arrows([name], first)
                return [name], last
            case Subscription(primary, rest):
                begin, end = self.node(primary)
                if rest is not None:
                    first, last = self.node(rest)
                    self._arrows(end, first, "-->|each event|")
                    return begin, last
                return begin, end

    def defer(self, defer: Defer) -> None:
        """Draw what is answered first, and a frame for each part that comes later."""
        if defer.primary is not None:
            self.node(defer.primary)
        for number, part in enumerate(defer.deferred, 1):
            usages = [defer.usages[usage] for usage in part.usages]
            titles = [".".join(usage.path) + (f" ({usage.label})" if usage.label else "") for usage in usages]
            self.lines.append(f'  subgraph d{number}["{_escape("deferred " + " and ".join(titles))}"]')
            first = [] if part.node is None else self.node(part.node)[0]
            self.lines.append("  end")
            depends = [self._fetches[fetch] for fetch in part.depends]
            self._arrows(depends, first or [f"d{number}"], "-.->")

    def _fetch(self, service: str, details: list[str]) -> _Ends:
        name = f"f{len(self._fetches)}"
        self._fetches.append(name)
        self.lines.append(f'  {name}["{"<br/>".join(map(_escape, [service, *details]))}"]')
        return [name], [name]

    def _arrows(self, before: list[str], after: list[str], arrow: str = "-->") -> None:
        self.lines += [f"  {one} {arrow} {other}" for one in before for other in after]


def _call(call: EntityCall) -> str:
    types = {name for one in call.representations for name in ([one.typename] if one.typename else one.types or ())}
    return f"{' | '.join(sorted(types)) or 'any entity'} at {', '.join(map(print_path, call.targets))}"


def _root_fields(fetch: Fetch) -> list[str]:
    return [
        selection.name.value
        for operation in parse(fetch.document, no_location=True).definitions
        if isinstance(operation, OperationDefinitionNode)
        for selection in operation.selection_set.selections
        if isinstance(selection, FieldNode)
    ]


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
