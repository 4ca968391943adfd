"""Lists of names that a folder of tests has a file for, each and no other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["files_without_name", "names_without_file"]


def names_without_file(folder: Path, names: Iterable[str]) -> list[str]:
    """The names, of words joined by ``-`` or ``_``, for which the folder has no ``test_<name>.py``."""
    found = _stems(folder)
    return [name for name in names if _stem(name) not in found]


def files_without_name(folder: Path, names: Iterable[str]) -> list[str]:
    """The folder's ``test_<name>.py`` of no such name."""
    return sorted(_stems(folder) - {_stem(name) for name in names})


def _stem(name: str) -> str:
    return name.lower().replace("-", "_")


def _stems(folder: Path) -> set[str]:
    return {path.stem.removeprefix("test_") for path in folder.glob("test_*.py")}
