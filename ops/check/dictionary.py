"""Whether docs/data-dictionary tells of the tables as migrations and policies have them now (S-129)."""

from __future__ import annotations

from pathlib import Path

from ops.dictionary.pages import stale

__all__ = ["findings"]


def findings(root: Path) -> list[str]:
    """One sentence per stale page."""
    return [f"{path.relative_to(root)} is stale: run `stoa dictionary`" for path in stale(root)]
