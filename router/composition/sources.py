"""The schemas a configuration names, obtained by functions the caller passes: composition itself does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from router.composition.config import ConfigError, SupergraphConfig
from router.composition.subgraph.subgraph import SubgraphSource

__all__ = ["SERVICE_QUERY", "load_sources"]

SERVICE_QUERY = "{ _service { sdl } }"
"""What a subgraph answers with its own SDL; the text is at ``data._service.sdl``."""


def load_sources(
    config: SupergraphConfig, read_file: Callable[[Path], str], fetch_sdl: Callable[[str, Mapping[str, str]], str]
) -> list[SubgraphSource]:
    """One source per subgraph. ``fetch_sdl`` asks ``SERVICE_QUERY`` of a URL with headers and returns the SDL.

    Without a routing URL the introspected URL is used, as rover does; with neither it raises ConfigError, before
    anything is read. Whatever the functions raise passes through.
    """
    for subgraph in config.subgraphs:
        if not (subgraph.routing_url or subgraph.subgraph_url):
            raise ConfigError(f"subgraphs.{subgraph.name}.routing_url: is missing, and the schema does not tell it")
    sources = []
    for subgraph in config.subgraphs:
        if subgraph.sdl is not None:
            sdl = subgraph.sdl
        elif subgraph.file is not None:
            sdl = read_file(subgraph.file)
        else:
            sdl = fetch_sdl(subgraph.subgraph_url or "", subgraph.introspection_headers)
        sources.append(SubgraphSource(subgraph.name, subgraph.routing_url or subgraph.subgraph_url or "", sdl))
    return sources
