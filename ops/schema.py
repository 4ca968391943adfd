"""The schema files: six subgraphs exported from code, composed to the supergraph and the API clients see."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from graphql import print_schema

from ops.rooms import ROOMS
from router.composition import compose, load_sources, read_config
from router.supergraph import Supergraph

__all__ = ["CompositionError", "schema_files", "stale", "write"]


class CompositionError(Exception):
    """The six schemas do not make one graph; the message lists every reason."""


def schema_files(root: Path) -> dict[Path, str]:
    """What ``schema/`` must hold, from the code as it is now. Raises ``CompositionError``."""
    exported = {room: import_module(f"subgraphs.{room}.api").schema.as_str().rstrip() + "\n" for room in ROOMS}
    files = {root / "schema" / f"{room}.graphql": sdl for room, sdl in exported.items()}
    supergraph = _compose(root, exported)
    files[root / "schema" / "supergraph.graphql"] = supergraph
    files[root / "schema" / "api.graphql"] = print_schema(Supergraph.from_sdl(supergraph).api_schema) + "\n"
    return files


def stale(root: Path) -> list[Path]:
    """Files that are missing or differ from what the code says, in a fixed order."""
    return list(_stale_texts(root))


def write(root: Path) -> list[Path]:
    """Write what is stale; a failing composition writes nothing."""
    texts = _stale_texts(root)
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return list(texts)


def _stale_texts(root: Path) -> dict[Path, str]:
    return {path: text for path, text in schema_files(root).items() if not path.exists() or path.read_text() != text}


def _compose(root: Path, exported: Mapping[str, str]) -> str:
    def text_of(path: Path) -> str:
        return exported[path.stem]

    def fetch(url: str, _headers: Mapping[str, str]) -> str:
        raise CompositionError(f"supergraph.yaml names {url}; the shop's schemas are files.")

    config = read_config(root / "supergraph.yaml")
    result = compose(load_sources(config, text_of, fetch), newest_federation=config.newest_federation)
    if result.supergraph_sdl is None:
        raise CompositionError("\n".join(f"{error.code}: {error.message}" for error in result.errors))
    return result.supergraph_sdl
