"""Which fields of an operation its caller may not see: ``@authenticated``, ``@requiresScopes`` and ``@policy``.

A field that is refused is not fetched: it is null with the error ``UNAUTHORIZED_FIELD_OR_TYPE``, and everything else
of the answer is kept (GraphQL over HTTP, "URL"). That also holds when nothing else is left: the status stays 200, as it
is in the other federation routers, because the token itself was acceptable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    is_abstract_type,
    visit,
)

from router.gateway.identity import Caller
from router.supergraph import Requirement

__all__ = ["Coordinate", "PolicyHook", "Restriction", "deny_policies", "restrictions_of", "unauthorized"]

Coordinate = tuple[str, str]
"""Type name and field name."""

PolicyHook = Callable[[str, Caller], bool]
"""Whether the policy of that name is granted to the caller. Must not block."""

NOTHING: frozenset[Coordinate] = frozenset()


def deny_policies(policy: str, caller: Caller) -> bool:
    """The hook of a router that was given none: no policy is granted."""
    return False


class Restriction(NamedTuple):
    """A field that the operation selects and what its caller must be."""

    coordinate: Coordinate
    requirement: Requirement


def restrictions_of(
    schema: GraphQLSchema, document: DocumentNode, requirements: Mapping[Coordinate, Requirement]
) -> tuple[Restriction, ...]:
    """The restricted fields that a document selects, also through interfaces; usually none.

    Looks at the whole document, whatever operation of it is meant; for a field of an interface at each of its types.
    """
    if not requirements:
        return ()
    collector = _Selected(schema, TypeInfo(schema))
    visit(document, TypeInfoVisitor(collector.type_info, collector))
    return tuple(
        Restriction(coordinate, requirements[coordinate])
        for coordinate in sorted(collector.coordinates & requirements.keys())
    )


def unauthorized(
    restrictions: tuple[Restriction, ...], caller: Caller, grants: PolicyHook = deny_policies
) -> frozenset[Coordinate]:
    """The coordinates whose requirement ``caller`` does not meet (Federation docs, "Directives",
    ``@authenticated``, ``@requiresScopes``, ``@policy``). ``grants`` is asked anew for each policy of each of them."""
    if not restrictions:
        return NOTHING
    return frozenset(coordinate for coordinate, requirement in restrictions if not _meets(caller, requirement, grants))


def _meets(caller: Caller, requirement: Requirement, grants: PolicyHook) -> bool:
    if requirement.authenticated and not caller.is_authenticated:
        return False
    if requirement.scopes and not any(caller.scopes >= set(group) for group in requirement.scopes):
        return False
    return not requirement.policies or any(
        all(grants(policy, caller) for policy in group) for group in requirement.policies
    )


class _Selected(Visitor):
    def __init__(self, schema: GraphQLSchema, type_info: TypeInfo) -> None:
        super().__init__()
        self.type_info = type_info
        self.coordinates: set[Coordinate] = set()
        self._schema = schema

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.type_info.get_parent_type()
        if parent is None:
            return
        self.coordinates.add((parent.name, node.name.value))
        if is_abstract_type(parent):
            for possible in self._schema.get_possible_types(parent):
                self.coordinates.add((possible.name, node.name.value))
