"""Composition: subgraph schemas in, a supergraph SDL or errors with codes out. Pure, deterministic, order-free.

In order of control flow:

- ``config``: ``supergraph.yaml`` as rover reads it; ``sources`` fetches what it names.
- ``compose``: the stages.
- ``subgraph``: reading, checking and upgrading one subgraph.
- ``merge``: many subgraphs to one schema.
- ``post_merge``: the rules of the merged schema.
- ``satisfiability``: every query of the API can be planned.
- ``errors``, ``hints``: every code, with its meaning.
- ``schema``: schemas as composition sees them.
"""

from router.composition.compose import CompositionResult, compose
from router.composition.config import ConfigError, SupergraphConfig, read_config
from router.composition.errors import CompositionError
from router.composition.hints import Hint
from router.composition.sources import SERVICE_QUERY, load_sources
from router.composition.subgraph.subgraph import SubgraphSource

__all__ = [
    "SERVICE_QUERY",
    "CompositionError",
    "CompositionResult",
    "ConfigError",
    "Hint",
    "SubgraphSource",
    "SupergraphConfig",
    "compose",
    "load_sources",
    "read_config",
]
