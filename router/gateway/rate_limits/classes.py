"""Which limits an operation counts against, and how often."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from router.gateway.config import RateConfig, RateLimitsConfig, RatesConfig

__all__ = ["Charge", "Limit", "RateClass", "RateClasses"]

_log = logging.getLogger("router.rates")


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate in whole microseconds, so that Redis reckons without rounding."""

    operations: int
    seconds: float
    interval: int
    """What one operation takes of the time."""
    burst: int
    """What ``operations`` take."""

    @classmethod
    def of(cls, rate: RateConfig) -> Limit:
        """The limit as configured."""
        interval = max(1, round(rate.seconds * 1_000_000 / rate.operations))
        return cls(rate.operations, rate.seconds, interval, interval * rate.operations)


@dataclass(frozen=True, slots=True)
class RateClass:
    """Operations, or fields, that are counted together."""

    name: str
    caller: Limit | None
    """For callers with a token; None: they count as their address does."""
    address: Limit


class Charge(NamedTuple):
    """How often an operation counts in a class."""

    rates: RateClass
    cost: int


class RateClasses:
    """The classes as configured, for one schema."""

    def __init__(self, config: RateLimitsConfig, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._types = {
            OperationType.QUERY: _type_class("query", config.query),
            OperationType.MUTATION: _type_class("mutation", config.mutation),
            OperationType.SUBSCRIPTION: _type_class("subscription", config.subscription),
        }
        self._fields: dict[str, RateClass] = {}
        for name, own in config.fields.items():
            self._fields |= dict.fromkeys(own.fields, RateClass(name, None, Limit.of(own)))
        unknown = sorted(self._fields.keys() - set(_root_coordinates(schema)))
        if unknown:
            _log.warning("rate_limits.fields names %s: no root field of the supergraph.", ", ".join(unknown))

    def charges(self, document: DocumentNode, operation: OperationDefinitionNode) -> tuple[Charge, ...]:
        """What the valid ``operation`` counts: each of its root fields once per response key, in one class each.

        A field counts whatever ``@skip`` and ``@include`` say of it.
        """
        root = self._schema.get_root_type(operation.operation)
        others = self._types[operation.operation]
        costs: dict[RateClass, int] = {}
        for field in _root_fields(document, operation).values():
            rates = others if root is None else self._fields.get(f"{root.name}.{field}", others)
            costs[rates] = costs.get(rates, 0) + 1
        return tuple(Charge(rates, cost) for rates, cost in costs.items())


def _type_class(name: str, rates: RatesConfig) -> RateClass:
    return RateClass(name, Limit.of(rates.caller), Limit.of(rates.address))


def _root_coordinates(schema: GraphQLSchema) -> Iterator[str]:
    for operation in OperationType:
        root = schema.get_root_type(operation)
        if root is not None:
            yield from (f"{root.name}.{field}" for field in root.fields)


def _root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> dict[str, str]:
    """The fields of the operation's root by response key; validation saw to it that a key means one field."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    found: dict[str, str] = {}
    visited: set[str] = set()
    waiting: list[SelectionSetNode] = [operation.selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                key = selection.name if selection.alias is None else selection.alias
                found[key.value] = selection.name.value
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif (name := selection.name.value) not in visited:  # type: ignore[attr-defined]  # a spread: the third kind
                visited.add(name)
                waiting.append(fragments[name].selection_set)
    return found
