"""``@authenticated``, ``@requiresScopes``, ``@policy``: on what is resolved, never on interfaces."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.schema import Element, InterfaceType
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["AUTHORIZATION_DIRECTIVES", "authorization_off_interfaces"]

AUTHORIZATION_DIRECTIVES = ("authenticated", "requiresScopes", "policy")


def authorization_off_interfaces(subgraph: Subgraph) -> Iterator[CompositionError]:
    """AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: interfaces inherit the requirements of their implementations."""
    for type_ in subgraph.schema.fields_types():
        if isinstance(type_, InterfaceType):
            yield from _check(type_, "interface")
            for field in type_.fields.values():
                yield from _check(field, "interface field")
        elif type_.has("interfaceObject"):
            yield from _check(type_, "interface object")


def _check(element: Element, kind: str) -> Iterator[CompositionError]:
    for spec in AUTHORIZATION_DIRECTIVES:
        if element.has(spec):
            yield CompositionError(
                "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
                f'@{spec} cannot be applied to {kind} "{element.coordinate}": apply it to the implementations.',
                (element.coordinate,),
            )
