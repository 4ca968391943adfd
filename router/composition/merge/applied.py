"""Applications of merged directives on one element (Federation docs, "Directives").

Merged are the shared federation directives, the directives of GraphQL itself and those that are composed. Of ``@tag``
and composed repeatable directives all that differ are kept; ``@cost`` and ``@listSize`` take the largest numbers, and
authorization demands what all demand together. Of any other the arguments that stand most often are kept, with a hint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import Application, Element, InputObjectType, Value, print_value
from router.composition.subgraph.rules.authorization import AUTHORIZATION_DIRECTIVES
from router.specs.shared import SHARED_DIRECTIVES

__all__ = ["is_merged", "merge_applied", "merge_requirements"]

_Group = tuple[int | None, list[Application]]
"""Applications of one directive in a subgraph, or on a related element."""
_BUILT_IN = ("deprecated", "specifiedBy")
_REPEATABLE = {"tag"}
_DEFAULTS: dict[str, dict[str, Value]] = {
    "listSize": {"requireOneSlicingArgument": True},
    "deprecated": {"reason": "No longer supported"},
}


def is_merged(context: MergeContext, index: int, application: Application) -> bool:
    """Whether the application's directive, as subgraph ``index`` means it, reaches the supergraph."""
    return application.spec in SHARED_DIRECTIVES or (
        application.spec is None and (application.name in _BUILT_IN or (index, application.name) in context.composed)
    )


def merge_applied(
    context: MergeContext, sources: Sources[Element], dest: Element, inherited: Sequence[Element] = ()
) -> None:
    """Add to ``dest`` what the subgraphs' applications come to.

    ``inherited`` are related elements whose authorization requirements hold for ``dest`` too.
    """
    by_directive: dict[tuple[str | None, str], list[_Group]] = {}
    for index, source in sources.items():
        for directive in dict.fromkeys(_identity(application) for application in source.applied):
            applications = [a for a in source.applied if _identity(a) == directive]
            if is_merged(context, index, applications[0]):
                by_directive.setdefault(directive, []).append((index, applications))
    for element in inherited:
        for requirement in AUTHORIZATION_DIRECTIVES:
            if element.has(requirement):
                by_directive.setdefault((requirement, requirement), []).append((None, element.all(requirement)))
    for (spec, name), groups in by_directive.items():
        dest.applied += _merged(context, spec, name, groups, dest)
    if isinstance(dest, InputObjectType):
        _merge_one_of(context, sources, dest)


def _merge_one_of(context: MergeContext, sources: Sources[Element], dest: InputObjectType) -> None:
    """Every subgraph must take only one field at a time: those without the directive take several."""
    having = [i for i, source in sources.items() if any(application.name == "oneOf" for application in source.applied)]
    if len(having) == len(sources):
        dest.applied.append(Application("oneOf"))
    elif having:
        context.hint(
            "DIRECTIVE_COMPOSITION_WARN",
            f'@oneOf of "{dest.coordinate}" is not in the supergraph: {context.with_and_without(having, sources)}.',
            dest.coordinate,
        )


def _identity(application: Application) -> tuple[str | None, str]:
    return (application.spec, application.spec or application.name)


def _merged(
    context: MergeContext, spec: str | None, name: str, groups: list[_Group], dest: Element
) -> list[Application]:
    local = context.directive_names.get(name, name) if spec is not None else name
    distinct: dict[str, Application] = {}
    counts: Counter[str] = Counter()
    for _, group in groups:
        for application in group:
            text = _text(application, name)
            distinct.setdefault(text, application)
            counts[text] += 1
    if name in _REPEATABLE or name in context.repeatable:
        return [Application(local, application.arguments, spec) for application in distinct.values()]
    if len(distinct) == 1:
        return [Application(local, next(iter(distinct.values())).arguments, spec)]
    merger = _MERGERS.get(name) if spec is not None else None
    written = context.told_apart({index: str(group[0]) for index, group in groups if index is not None})
    if merger is not None:
        context.hint(
            "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
            f'@{local} has different arguments on "{dest.coordinate}": {written}. They are merged.',
            dest.coordinate,
        )
        return [Application(local, merger([_with_defaults(a, name) for a in distinct.values()]), spec)]
    chosen = Application(local, distinct[counts.most_common(1)[0][0]].arguments, spec)
    context.hint(
        "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
        f'@{local} has different arguments on "{dest.coordinate}": {written}. The supergraph has {chosen}.',
        dest.coordinate,
    )
    return [chosen]


def _with_defaults(application: Application, name: str) -> dict[str, Value]:
    return {**_DEFAULTS.get(name, {}), **application.arguments}


def _text(application: Application, name: str) -> str:
    return print_value(_with_defaults(application, name), sort_entries=True)


def _largest(values: list[Value]) -> Value:
    numbers = [value for value in values if isinstance(value, int)]
    return max(numbers) if numbers else None


def _merge_cost(applications: list[dict[str, Value]]) -> dict[str, Value]:
    return {"weight": _largest([arguments.get("weight") for arguments in applications])}


def _merge_list_size(applications: list[dict[str, Value]]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    sizes = _largest([arguments.get("assumedSize") for arguments in applications])
    if sizes is not None:
        merged["assumedSize"] = sizes
    for name in ("slicingArguments", "sizedFields"):
        lists = [_strings(arguments[name]) for arguments in applications if arguments.get(name) is not None]
        if lists:
            merged[name] = list(dict.fromkeys(text for listed in lists for text in listed))
    merged["requireOneSlicingArgument"] = all(
        arguments.get("requireOneSlicingArgument") is not False for arguments in applications
    )
    return merged


def _strings(value: Value) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def merge_requirements(lists: Sequence[Value]) -> list[Value]:
    """AND of several ORs of ANDs, as one; alternatives that demand more than another are dropped.

    Every choice of one alternative per list is made, and those that differ are compared with each other: the lists'
    lengths multiply, and the cost is at worst the square of their product.

    >>> merge_requirements([[["a"]], [["b"], ["a", "c"]]])
    [['a', 'b'], ['a', 'c']]
    """
    alternatives = [
        [frozenset(_strings(group)) for group in (value if isinstance(value, list) else [])] for value in lists
    ]
    product = reduce(lambda left, right: [a | b for a in left for b in right], alternatives)
    distinct = list(dict.fromkeys(product))
    kept = [group for group in distinct if not any(other < group for other in distinct)]
    return [list(group) for group in sorted(sorted(group) for group in kept)]


def _requirements_merger(argument: str) -> Callable[[list[dict[str, Value]]], dict[str, Value]]:
    def merge(applications: list[dict[str, Value]]) -> dict[str, Value]:
        return {argument: merge_requirements([arguments.get(argument) for arguments in applications])}

    return merge


_MERGERS: dict[str, Callable[[list[dict[str, Value]]], dict[str, Value]]] = {
    "cost": _merge_cost,
    "listSize": _merge_list_size,
    "requiresScopes": _requirements_merger("scopes"),
    "policy": _requirements_merger("policies"),
}
