"""Composition: subgraph schemas in, a supergraph SDL or errors with codes out. Pure, deterministic, order-free.

In order of control flow:

- ``config``: ``supergraph.yaml`` as rover reads it, with the variables of ``expansion``; ``sources`` fetches what it
  names.
- ``compose``: the stages.
- ``subgraph``: reading, checking and upgrading one subgraph.
- ``merge``: many subgraphs to one schema.
- ``post_merge``: the rules of the merged schema.
- ``satisfiability``: every query of the API can be planned.
- ``explanation``: who does what in the result, and why: ``field_explanation``, who resolves which field;
  ``member_explanation``, who has which member.
- ``errors``, ``hints``: every code, with its meaning.
- ``schema``: schemas as composition sees them.
"""

from router.composition.compose import CompositionResult, compose
from router.composition.config import ConfigError, SupergraphConfig, parse_config, read_config
from router.composition.errors import CompositionError
from router.composition.explanation import NothingToExplainError, explain, explanation_to_json, print_explanation
from router.composition.field_explanation import TypeExplanation
from router.composition.hints import Hint
from router.composition.member_explanation import MembersExplanation
from router.composition.sources import SERVICE_QUERY, load_sources
from router.composition.subgraph.subgraph import SubgraphSource

__all__ = [
    "SERVICE_QUERY",
    "CompositionError",
    "CompositionResult",
    "ConfigError",
    "Hint",
    "MembersExplanation",
    "NothingToExplainError",
    "SubgraphSource",
    "SupergraphConfig",
    "TypeExplanation",
    "compose",
    "explain",
    "explanation_to_json",
    "load_sources",
    "parse_config",
    "print_explanation",
    "read_config",
]
