"""``supergraph.yaml``: the configuration of ``rover supergraph compose``.

federation_version: =2.9.0
subgraphs:
  product:
    routing_url: http://127.0.0.1:4003/graphql
    schema:
      file: schema/product.graphql      # or  sdl: "type Query ..."   or  subgraph_url: http://...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

__all__ = ["ConfigError", "SubgraphConfig", "SupergraphConfig", "parse_config", "read_config"]

_SCHEMA_KEYS = ("file", "sdl", "subgraph_url")


class ConfigError(ValueError):
    """The configuration cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class SubgraphConfig:
    """One subgraph: exactly one of ``file`` (absolute), ``sdl`` and ``subgraph_url`` says where its schema is."""

    name: str
    routing_url: str | None
    file: Path | None = None
    sdl: str | None = None
    subgraph_url: str | None = None


@dataclass(frozen=True, slots=True)
class SupergraphConfig:
    """All subgraphs, in order of writing."""

    subgraphs: tuple[SubgraphConfig, ...]
    federation_version: str | None = None


def read_config(path: str | Path) -> SupergraphConfig:
    """Read a configuration file; schema files are relative to it. Raises ConfigError or OSError."""
    path = Path(path)
    return parse_config(path.read_text(encoding="utf-8"), path.parent.resolve())


def parse_config(text: str, directory: Path) -> SupergraphConfig:
    """Parse a configuration; ``directory`` is what schema files are relative to."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}") from error
    entries = data.get("subgraphs") if isinstance(data, Mapping) else None
    if not isinstance(entries, Mapping) or not entries:
        raise ConfigError("subgraphs: must map at least one subgraph name to its settings")
    version = data.get("federation_version")
    return SupergraphConfig(
        tuple(_subgraph(str(name), entry, directory) for name, entry in entries.items()),
        None if version is None else str(version),
    )


def _subgraph(name: str, entry: object, directory: Path) -> SubgraphConfig:
    where = f"subgraphs.{name}"
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where}: must have routing_url and schema")
    schema = entry.get("schema")
    given = [key for key in _SCHEMA_KEYS if isinstance(schema, Mapping) and key in schema]
    if not isinstance(schema, Mapping) or len(given) != 1 or not isinstance(schema[given[0]], str):
        raise ConfigError(f"{where}.schema: must have exactly one of {', '.join(_SCHEMA_KEYS)}, a string")
    url = entry.get("routing_url")
    if url is not None and not isinstance(url, str):
        raise ConfigError(f"{where}.routing_url: must be a string")
    value = schema[given[0]]
    if given[0] == "file":
        return SubgraphConfig(name, url, file=directory / value)
    if given[0] == "sdl":
        return SubgraphConfig(name, url, sdl=value)
    return SubgraphConfig(name, url, subgraph_url=value)
