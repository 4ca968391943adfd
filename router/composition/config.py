"""``supergraph.yaml``: the configuration of ``rover supergraph compose``.

federation_version: =2.9.0            # no subgraph may link a newer one
subgraphs:
  product:
    routing_url: http://127.0.0.1:4003/graphql
    schema:
      file: schema/product.graphql      # or  sdl: "type Query ..."   or  subgraph_url: http://...
                                        # the latter with  introspection_headers: {Authorization: "${env.TOKEN}"}
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from router.composition.expansion import ExpansionError, expand
from router.specs.feature import FeatureVersion

__all__ = ["ConfigError", "SubgraphConfig", "SupergraphConfig", "parse_config", "read_config"]

_FEDERATION_2 = re.compile(r"2|latest-2|=2(\.\d+){1,2}(-[\w.]+)?")
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
    introspection_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SupergraphConfig:
    """All subgraphs, in order of writing."""

    subgraphs: tuple[SubgraphConfig, ...]
    federation_version: str | None = None

    @property
    def newest_federation(self) -> FeatureVersion | None:
        """The version that ``federation_version`` pins: a composer of that version knows no newer one."""
        pinned = re.match(r"=2\.(\d+)", self.federation_version or "")
        return FeatureVersion(2, int(pinned[1])) if pinned else None


def read_config(path: str | Path, environment: Mapping[str, str] | None = None) -> SupergraphConfig:
    """Read a configuration file; schema files are relative to it. Raises ConfigError or OSError."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    return parse_config(text, path.parent.resolve(), environment)


def parse_config(text: str, directory: Path, environment: Mapping[str, str] | None = None) -> SupergraphConfig:
    """Parse a configuration; ``directory`` is what files are relative to, ``environment`` what variables stand for.

    Raises ConfigError.
    """
    try:
        data = expand(yaml.safe_load(text), os.environ if environment is None else environment, directory)
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}") from error
    except ExpansionError as error:
        raise ConfigError(str(error)) from error
    entries = data.get("subgraphs") if isinstance(data, Mapping) else None
    if not isinstance(entries, Mapping) or not entries:
        raise ConfigError("subgraphs: must map at least one subgraph name to its settings")
    return SupergraphConfig(
        tuple(_subgraph(str(name), entry, directory) for name, entry in entries.items()),
        _federation_version(data.get("federation_version")),
    )


def _federation_version(value: object) -> str | None:
    if value is None:
        return None
    if not _FEDERATION_2.fullmatch(str(value)):
        raise ConfigError(f"federation_version: must be 2 or an exact version such as =2.9.0, not {value}")
    return str(value)


def _subgraph(name: str, entry: object, directory: Path) -> SubgraphConfig:
    where = f"subgraphs.{name}"
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where}: must have routing_url and schema")
    schema = entry.get("schema")
    if isinstance(schema, Mapping) and "graphref" in schema:
        raise ConfigError(f"{where}.schema.graphref: there is no registry to ask; save the schema and name its file")
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
    headers = schema.get("introspection_headers") or {}
    if not isinstance(headers, Mapping) or not all(isinstance(text, str) for pair in headers.items() for text in pair):
        raise ConfigError(f"{where}.schema.introspection_headers: must map header names to texts")
    return SubgraphConfig(name, url, subgraph_url=value, introspection_headers=headers)
