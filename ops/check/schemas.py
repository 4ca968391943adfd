"""Whether ``schema/`` is what the code exports and composes."""

from __future__ import annotations

from pathlib import Path

from ops.schema import CompositionError, stale

__all__ = ["findings"]


def findings(root: Path) -> list[str]:
    """One sentence per stale file, or the reasons why nothing composes."""
    try:
        return [f"{path.relative_to(root)} is stale: run `make schema`" for path in stale(root)]
    except CompositionError as error:
        return str(error).splitlines()
