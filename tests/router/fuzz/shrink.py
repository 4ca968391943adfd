"""Making a failing case small: leave out whatever can be left out while it keeps failing in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    InputValueDefinitionNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.language.visitor import REMOVE, Visitor

from tests.router.fuzz.case import Case, Rejected, Served
from tests.router.fuzz.operations import Operation
from tests.router.fuzz.world import Impossible

__all__ = ["kind_of", "shrink"]

FAULTS_TRIED = 12
Variants = Callable[[Case], Iterator[Case]]


def kind_of(problem: str) -> str:
    """What kind of failure a sentence is about, without its names."""
    head, _, rest = problem.partition(": ")
    if head in ("crash", "rejected"):
        return f"{head}: {' '.join(re.findall('[A-Za-z_]+', rest)[:1])}"
    sentence = re.sub(r"\b\w+\.\w+\b", "_", re.sub(r"^s\d+: ", "", problem))
    words = re.split(r"[:;\[{(]| at ", sentence, maxsplit=1)[0]
    return re.sub(r"\d+", "#", words).strip()[:50] + (" keys" if ": keys" in problem else "")


def shrink(case: Case, problems: list[str], seconds: float = 20.0) -> Case:
    """The smallest case found within a time."""
    kind = kind_of(problems[0])
    end = monotonic() + seconds
    case = _printed(case)
    while monotonic() < end:
        before = case
        served = _serve(case)
        if served is not None:
            case = _reduce(case, _smaller_operations, lambda one, by=served: _failing(one, by, kind), end)
        case = _reduce(
            case, _smaller_subgraphs, lambda one: None if (by := _serve(one)) is None else _failing(one, by, kind), end
        )
        if _size(case) >= _size(before):
            break
    return case


def _printed(case: Case) -> Case:
    """The case in the form that smaller ones have, so that sizes can be compared."""
    sdls = {name: _text(parse(sdl, no_location=True)) for name, sdl in case.sdls.items()}
    return _with_operation(replace(case, sdls=sdls), parse(case.operation.text, no_location=True))


def _reduce(case: Case, variants: Variants, failing: Callable[[Case], Case | None], end: float) -> Case:
    """Take every variant that still fails, going on at the place where the last one was found."""
    place = 0
    while monotonic() < end:
        for number, smaller in enumerate(variants(case)):
            if number < place or _size(smaller) >= _size(case):
                continue
            place = number
            if monotonic() > end:
                return case
            if (found := failing(smaller)) is not None:
                case = found
                break
        else:
            return case
    return case


def _size(case: Case) -> int:
    return len(case.operation.text) + sum(len(sdl) for sdl in case.sdls.values())


def _serve(case: Case) -> Served | None:
    try:
        return Served(case.sdls, case.seed)
    except (Rejected, Impossible):
        return None
    except Exception:
        return None


def _failing(case: Case, served: Served, kind: str) -> Case | None:
    """The case if it fails; or with other faults, because which request has which follows from its text."""
    try:
        document = parse(case.operation.text, no_location=True)
        if validate(served.client_schema, document):
            return None
        for number in range(1 if case.faults is None else FAULTS_TRIED):
            faults = None if case.faults is None else replace(case.faults, seed=case.faults.seed + number)
            if any(kind_of(problem) == kind for problem in served.problems(case.operation, faults)):
                return replace(case, faults=faults)
    except Exception:
        return None
    return None


def _smaller_operations(case: Case) -> Iterator[Case]:
    document = parse(case.operation.text, no_location=True)
    for smaller in _without_one(document, (FieldNode, InlineFragmentNode, FragmentSpreadNode)):
        yield _with_operation(case, smaller)
    for smaller in _inlined(document):
        yield _with_operation(case, smaller)
    for smaller in _without_one(document, (DirectiveNode, ArgumentNode)):
        yield _with_operation(case, smaller)
    for smaller in _without_alias(document):
        yield _with_operation(case, smaller)


def _with_operation(case: Case, document: DocumentNode) -> Case:
    document = _tidy(document)
    used = {
        definition.variable.name.value
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
        for definition in one.variable_definitions or ()
    }
    variables = {name: value for name, value in case.operation.variables.items() if name in used}
    return replace(case, operation=Operation(print_ast(document), variables))


def _tidy(document: DocumentNode) -> DocumentNode:
    """Without fragments and variables that nothing uses."""
    text = print_ast(document)
    while True:
        spreads = set(re.findall(r"\.\.\.(\w+)", text)) - {"on"}
        definitions = []
        for one in document.definitions:
            if isinstance(one, FragmentDefinitionNode) and one.name.value not in spreads:
                continue
            definitions.append(one)
        body = " ".join(print_ast(one) for one in definitions)
        kept = []
        for one in definitions:
            if isinstance(one, OperationDefinitionNode):
                needed = tuple(
                    v
                    for v in one.variable_definitions or ()
                    if len(re.findall(rf"\${v.variable.name.value}\b", body)) > 1
                )
                one = _copy(one, variable_definitions=needed)
            kept.append(one)
        document = DocumentNode(definitions=tuple(kept))
        if (new := print_ast(document)) == text:
            return document
        text = new


def _copy(node: Any, **changes: Any) -> Any:
    values = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return type(node)(**{**values, **changes})


def _nodes(document: DocumentNode, kinds: tuple[type[Node], ...]) -> list[Node]:
    found: list[Node] = []

    class Collect(Visitor):
        def enter(self, node: Node, *_: Any) -> None:
            if isinstance(node, kinds):
                found.append(node)

    visit(document, Collect())
    return found


def _without_one(document: DocumentNode, kinds: tuple[type[Node], ...]) -> Iterator[DocumentNode]:
    for number in range(len(_nodes(document, kinds))):
        seen = -1

        class Remove(Visitor):
            def enter(self, node: Node, *_: Any) -> Any:
                nonlocal seen
                if isinstance(node, kinds):
                    seen += 1
                    if seen == number:  # noqa: B023 - used at once
                        return REMOVE
                return None

            def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
                return _TYPENAME if not node.selections else None

        yield visit(document, Remove())


_TYPENAME = parse("{ __typename }", no_location=True).definitions[0].selection_set  # type: ignore[attr-defined]


def _inlined(document: DocumentNode) -> Iterator[DocumentNode]:
    """Fragments replaced by what is in them."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    for number in range(len(_nodes(document, (SelectionSetNode,)))):
        seen = -1

        class Inline(Visitor):
            def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen != number:  # noqa: B023
                    return None
                selections: list[Any] = []
                for one in node.selections:
                    if isinstance(one, FragmentSpreadNode):
                        fragment = fragments[one.name.value]
                        condition = NamedTypeNode(name=fragment.type_condition.name)
                        inner = fragment.selection_set
                        selections.append(
                            InlineFragmentNode(type_condition=condition, directives=one.directives, selection_set=inner)
                        )
                    elif isinstance(one, InlineFragmentNode):
                        selections.extend(one.selection_set.selections)
                    else:
                        selections.append(one)
                return SelectionSetNode(selections=tuple(selections))

        smaller = visit(document, Inline())
        if print_ast(smaller) != print_ast(document):
            yield smaller


def _without_alias(document: DocumentNode) -> Iterator[DocumentNode]:
    for number in range(len(_nodes(document, (FieldNode,)))):
        seen = -1

        class Plain(Visitor):
            def enter_field(self, node: FieldNode, *_: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen == number and node.alias is not None:  # noqa: B023
                    return _copy(node, alias=None)
                return None

        smaller = visit(document, Plain())
        if print_ast(smaller) != print_ast(document):
            yield smaller


_DEFINITIONS = (TypeDefinitionNode, TypeExtensionNode)


def _smaller_subgraphs(case: Case) -> Iterator[Case]:
    for name in case.sdls:
        if len(case.sdls) > 1:
            yield replace(case, sdls={other: sdl for other, sdl in case.sdls.items() if other != name})
    kinds: tuple[tuple[type[Node], ...], ...] = (
        _DEFINITIONS,
        (FieldDefinitionNode,),
        (DirectiveNode,),
        (InputValueDefinitionNode,),
    )
    for kind in kinds:
        for name, sdl in case.sdls.items():
            for smaller in _without_one(parse(sdl, no_location=True), kind):
                yield replace(case, sdls={**case.sdls, name: _text(smaller)})
    for name, sdl in case.sdls.items():
        for smaller in (sdl.replace("@fed_", "@"), re.sub(r"v2\.\d", "v2.5", sdl)):
            if smaller != sdl:
                yield replace(case, sdls={**case.sdls, name: smaller})


def _text(document: DocumentNode) -> str:
    """Printed, without types that have lost all of their fields."""
    kept = [one for one in document.definitions if getattr(one, "fields", True) != ()]
    return print_ast(DocumentNode(definitions=tuple(kept)))
