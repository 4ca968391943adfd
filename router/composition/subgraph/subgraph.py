"""A subgraph on its way through composition: what is given, and what has been read of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from router.composition.schema import Schema
from router.composition.subgraph.usage import FieldUsage
from router.specs.feature import FeatureVersion
from router.specs.federation import FEDERATION_1

__all__ = ["Subgraph", "SubgraphSource"]


@dataclass(frozen=True, slots=True)
class SubgraphSource:
    """Input of composition. ``url`` is where the router sends its fetches; it may be empty."""

    name: str
    url: str
    sdl: str


@dataclass
class Subgraph:
    """A subgraph whose schema is valid GraphQL. The schema changes only while it is upgraded from federation 1."""

    name: str
    url: str
    schema: Schema

    @property
    def version(self) -> FeatureVersion:
        """The federation version it links; ``FEDERATION_1`` if none."""
        link = self.schema.links.federation
        return link.url.version if link is not None else FEDERATION_1

    @property
    def is_federation_2(self) -> bool:
        """Whether it links federation 2 itself."""
        return self.schema.links.federation is not None

    @cached_property
    def usage(self) -> FieldUsage:
        """External, shared, provided and used fields."""
        return FieldUsage(self.schema)

    def forget_usage(self) -> None:
        """Compute ``usage`` anew after the schema changed."""
        self.__dict__.pop("usage", None)
