"""Runs every federation rule on one subgraph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from router.composition.errors import CompositionError
from router.composition.subgraph.rules.authorization import authorization_off_interfaces
from router.composition.subgraph.rules.context import context_usage
from router.composition.subgraph.rules.cost import cost_off_interfaces
from router.composition.subgraph.rules.external import external_alone, external_off_interfaces, external_used
from router.composition.subgraph.rules.interface_object import interface_object_keyed
from router.composition.subgraph.rules.key import interface_keys_on_implementations, key_fields
from router.composition.subgraph.rules.list_size import list_size_arguments
from router.composition.subgraph.rules.provides import provides_fields
from router.composition.subgraph.rules.requires import requires_fields
from router.composition.subgraph.rules.shareable import shareable_usage
from router.composition.subgraph.subgraph import Subgraph

__all__ = ["RULES", "Rule", "check_federation_rules"]

Rule = Callable[[Subgraph], Iterator[CompositionError]]
"""Yields what is wrong with the subgraph; changes nothing and does not rely on other rules having passed."""

RULES: tuple[Rule, ...] = (
    key_fields,
    interface_keys_on_implementations,
    provides_fields,
    requires_fields,
    external_off_interfaces,
    external_used,
    external_alone,
    shareable_usage,
    interface_object_keyed,
    context_usage,
    cost_off_interfaces,
    list_size_arguments,
    authorization_off_interfaces,
)


def check_federation_rules(subgraph: Subgraph) -> list[CompositionError]:
    """All violations; messages begin with the subgraph's name."""
    return [
        replace(error, message=f"[{subgraph.name}] {error.message}", subgraphs=(subgraph.name,))
        for rule in RULES
        for error in rule(subgraph)
    ]
