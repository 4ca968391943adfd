"""``@composeDirective``: custom directives that the supergraph keeps (federation specification, since 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from router.composition.merge.context import MergeContext
from router.composition.schema import Application, DirectiveDefinition, EnumLiteral, Value
from router.composition.subgraph.subgraph import Subgraph
from router.specs.feature import SPECS, FeatureUrl
from router.specs.federation import FEDERATION_IDENTITY
from router.specs.link import Link
from router.specs.shared import SHARED_DIRECTIVES

__all__ = ["compose_directives"]

_CODE = "DIRECTIVE_COMPOSITION_ERROR"


@dataclass(frozen=True, slots=True)
class _Request:
    """One subgraph asks for one directive to be kept; ``element`` is its name in its specification, with ``@``."""

    index: int
    local: str
    link: Link
    element: str


def compose_directives(context: MergeContext) -> list[Application]:
    """Fill ``context.composed`` and the supergraph's definitions; returns the links they need.

    Every misuse is DIRECTIVE_COMPOSITION_ERROR. What subgraphs link but do not compose may differ: that is a hint.
    """
    requests = [request for index in range(len(context.subgraphs)) for request in _requests(context, index)]
    by_identity: dict[str, list[_Request]] = {}
    for request in requests:
        by_identity.setdefault(request.link.url.identity, []).append(request)
    clashing = _report_name_clashes(context, requests)
    _remark_major_versions(context, {identity for identity, group in by_identity.items() if len(_majors(group)) > 1})
    links = []
    for identity, group in sorted(by_identity.items()):
        if len(_majors(group)) > 1:
            context.error(
                _CODE,
                f'Specification "{identity}" is linked in several major versions by'
                f" {context.names(dict.fromkeys(request.index for request in group))}: use one.",
            )
        elif not clashing:
            links.append(_compose_specification(context, group))
    return links


def _majors(group: list[_Request]) -> set[int]:
    return {request.link.url.version.major for request in group}


def _remark_major_versions(context: MergeContext, reported: set[str]) -> None:
    """Subgraphs that only use a specification may differ in its major version: a hint."""
    majors: dict[str, dict[int, str]] = {}
    for index, subgraph in enumerate(context.subgraphs):
        for link in subgraph.schema.links:
            if not link.url.identity.startswith(SPECS):
                majors.setdefault(link.url.identity, {})[index] = f"v{link.url.version.major}"
    for identity, found in sorted(majors.items()):
        if len(set(found.values())) > 1 and identity not in reported:
            context.hint(
                "DIRECTIVE_COMPOSITION_INFO",
                f'Specification "{identity}" is linked in major versions {context.told_apart(found)}.',
                identity,
            )


def _requests(context: MergeContext, index: int) -> Iterator[_Request]:
    subgraph = context.subgraphs[index]
    for application in subgraph.schema.all("composeDirective"):
        name = application.arguments.get("name")
        if not isinstance(name, str) or not name.startswith("@"):
            _refuse(context, subgraph, f'the argument of @composeDirective must begin with "@", found {application}')
            continue
        origin = subgraph.schema.links.origin(name)
        if origin is not None and origin[0].url.identity == FEDERATION_IDENTITY:
            _refuse_federation(context, subgraph, name, origin[1][1:])
        elif name[1:] not in subgraph.schema.directives:
            close = get_close_matches(name[1:], subgraph.schema.directives, n=1)
            suggestion = f' (did you mean "@{close[0]}"?)' if close else ""
            _refuse(context, subgraph, f'"{name}" in @composeDirective is not defined{suggestion}')
        elif origin is None:
            _refuse(context, subgraph, f'directive "{name}" cannot be composed: no @link says where it comes from')
        else:
            yield _Request(index, name, origin[0], origin[1])


def _refuse(context: MergeContext, subgraph: Subgraph, problem: str) -> None:
    context.error(_CODE, f'In subgraph "{subgraph.name}", {problem}.')


def _refuse_federation(context: MergeContext, subgraph: Subgraph, name: str, spec: str) -> None:
    if spec in SHARED_DIRECTIVES:
        context.hint(
            "DIRECTIVE_COMPOSITION_INFO",
            f'Directive "{name}" in subgraph "{subgraph.name}" is composed anyway: @composeDirective is not needed.',
            name,
        )
    else:
        _refuse(context, subgraph, f'federation directive "{name}" cannot be composed')


def _report_name_clashes(context: MergeContext, requests: list[_Request]) -> bool:
    """One name must mean one thing, and one thing have one name, wherever it is composed."""
    clashing = False
    meanings: dict[str, set[tuple[str, str]]] = {}
    names: dict[tuple[str, str], set[str]] = {}
    for request in requests:
        meaning = (request.link.url.identity, request.element)
        meanings.setdefault(request.local, set()).add(meaning)
        names.setdefault(meaning, set()).add(request.local)
    for local, found in meanings.items():
        if len(found) > 1:
            clashing = True
            listed = " and ".join(f'"{element}" of {identity}' for identity, element in sorted(found))
            context.error(_CODE, f'Composed directive "{local}" means {listed}: rename one on import.', local)
    for (identity, element), locals_ in names.items():
        if len(locals_) > 1:
            clashing = True
            listed = " and ".join(f'"{name}"' for name in sorted(locals_))
            context.error(_CODE, f'Directive "{element}" of {identity} is composed as {listed}: use one name.')
    _warn_about_others(context, names)
    return clashing


def _warn_about_others(context: MergeContext, names: dict[tuple[str, str], set[str]]) -> None:
    for (identity, element), locals_ in names.items():
        for subgraph in context.subgraphs:
            link = subgraph.schema.links.by_identity(identity)
            if link is not None and link.local_name(element)[1:] in subgraph.schema.directives:
                local = link.local_name(element)
                if local not in locals_:
                    context.hint(
                        "DIRECTIVE_COMPOSITION_WARN",
                        f'Directive "{element}" of {identity} is called "{local}" in subgraph "{subgraph.name}" and'
                        f' composed as "{min(locals_)}": its applications there are lost.',
                        local,
                    )


def _compose_specification(context: MergeContext, group: list[_Request]) -> Application:
    newest = max(group, key=lambda request: (request.link.url.version, request.index))
    imports: dict[str, str] = {}
    for request in group:
        context.composed.add((request.index, request.local[1:]))
        if request.local[1:] not in context.supergraph.directives:
            same = [other for other in group if other.local == request.local]
            definition = _definition(context, same)
            context.supergraph.directives[definition.name] = definition
        if request.element in request.link.imports:
            imports[request.element] = request.local
    return _link_application(newest.link, newest.link.url, imports)


def _definition(context: MergeContext, requests: list[_Request]) -> DirectiveDefinition:
    """The definition of the newest version, at home wherever one of the subgraphs has it: if that is more, a hint."""
    newest = max(requests, key=lambda request: (request.link.url.version, request.index))
    definitions = [context.subgraphs[request.index].schema.directives[request.local[1:]] for request in requests]
    chosen = context.subgraphs[newest.index].schema.directives[newest.local[1:]]
    repeatable = any(definition.repeatable for definition in definitions)
    if repeatable:
        context.repeatable.add(chosen.name)
    locations = list(dict.fromkeys(location for definition in definitions for location in definition.locations))
    by_subgraph = {request.index: definition for request, definition in zip(requests, definitions, strict=True)}
    if repeatable and not chosen.repeatable:
        plural = [index for index, definition in by_subgraph.items() if definition.repeatable]
        context.hint(
            "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE",
            f'Composed directive "{chosen.coordinate}" is repeatable in {context.names(plural)} but not in'
            f" {context.names([newest.index])}, whose definition is the newest: the supergraph has it repeatable.",
            chosen.coordinate,
        )
    if set(locations) != set(chosen.locations):
        listed = context.told_apart({i: " | ".join(definition.locations) for i, definition in by_subgraph.items()})
        context.hint(
            "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS",
            f'Composed directive "{chosen.coordinate}" has different locations: {listed}. The supergraph has all.',
            chosen.coordinate,
        )
    return DirectiveDefinition(
        coordinate=chosen.coordinate,
        description=chosen.description,
        name=chosen.name,
        arguments=chosen.arguments,
        repeatable=repeatable,
        locations=locations,
    )


def _link_application(link: Link, url: FeatureUrl, imports: dict[str, str]) -> Application:
    arguments: dict[str, Value] = {"url": str(url)}
    if link.alias:
        arguments["as"] = link.alias
    if imports:
        arguments["import"] = [
            element if element == local else {"name": element, "as": local} for element, local in imports.items()
        ]
    if link.purpose:
        arguments["for"] = EnumLiteral(link.purpose)
    return Application("link", arguments)
