"""What a request must bring along to see a field: ``@authenticated``, ``@requiresScopes`` and ``@policy``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    TypeNode,
    UnionTypeDefinitionNode,
    ValueNode,
)

from router.supergraph.links import SupergraphLinks

__all__ = ["Alternatives", "Requirement", "read_authorization"]

Alternatives = tuple[frozenset[str], ...]
"""Any one set must be held in full. Empty: nothing is demanded."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Demands that must all hold."""

    authenticated: bool = False
    scopes: Alternatives = ()
    policies: Alternatives = ()

    def __bool__(self) -> bool:
        return self.authenticated or bool(self.scopes) or bool(self.policies)

    def __and__(self, other: Requirement) -> Requirement:
        return Requirement(
            self.authenticated or other.authenticated,
            _both(self.scopes, other.scopes),
            _both(self.policies, other.policies),
        )


NOTHING = Requirement()


def read_authorization(document: DocumentNode, links: SupergraphLinks) -> Mapping[tuple[str, str], Requirement]:
    """The demands of every object and interface field: its own, its return type's and its parent type's (Federation
    docs, "Directives", ``@authenticated``, ``@requiresScopes``, ``@policy``).

    Alternatives of the three multiply, and are compared with each other: the square of their product for one field.
    """
    reader = _Reader(links)
    of_type: dict[str, Requirement] = {}
    for definition in document.definitions:
        if isinstance(
            definition,
            ObjectTypeDefinitionNode
            | InterfaceTypeDefinitionNode
            | UnionTypeDefinitionNode
            | EnumTypeDefinitionNode
            | ScalarTypeDefinitionNode,
        ):
            of_type[definition.name.value] = reader.requirement(definition.directives or ())
    demanded: dict[tuple[str, str], Requirement] = {}
    for definition in document.definitions:
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            parent = definition.name.value
            for field in definition.fields or ():
                own = reader.requirement(field.directives or ())
                combined = own & of_type.get(_named(field.type), NOTHING) & of_type[parent]
                if combined:
                    demanded[parent, field.name.value] = combined
    return demanded


class _Reader:
    def __init__(self, links: SupergraphLinks) -> None:
        self._authenticated = links.directive("authenticated", "authenticated")
        self._scopes = links.directive("requiresScopes", "requiresScopes")
        self._policy = links.directive("policy", "policy")

    def requirement(self, directives: Iterable[ConstDirectiveNode]) -> Requirement:
        found = NOTHING
        for directive in directives:
            name = directive.name.value
            if name == self._authenticated:
                found &= Requirement(authenticated=True)
            elif name == self._scopes:
                found &= Requirement(scopes=_alternatives(directive, "scopes"))
            elif name == self._policy:
                found &= Requirement(policies=_alternatives(directive, "policies"))
        return found


def _alternatives(directive: ConstDirectiveNode, argument: str) -> Alternatives:
    for node in directive.arguments or ():
        if node.name.value == argument:
            return tuple(frozenset(_strings(item)) for item in _items(node.value))
    return ()


def _items(value: ValueNode) -> Iterable[ValueNode]:
    return value.values if isinstance(value, ListValueNode) else (value,)


def _strings(value: ValueNode) -> Iterable[str]:
    return (item.value for item in _items(value) if isinstance(item, StringValueNode))


def _both(left: Alternatives, right: Alternatives) -> Alternatives:
    if not left or not right:
        return left or right
    combined = dict.fromkeys(one | other for one, other in product(left, right))
    return tuple(one for one in combined if not any(other < one for other in combined))


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    if not isinstance(node, NamedTypeNode):
        raise TypeError(f"not a type reference: {node!r}")
    return node.name.value
