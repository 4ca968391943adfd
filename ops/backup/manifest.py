"""What is written beside the dumps: what they are of, and by what one knows them to be unharmed."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from ops.backup.contents import Contents

__all__ = [
    "MANIFEST",
    "BackupError",
    "Dumped",
    "Manifest",
    "file_bytes",
    "file_sha256",
    "read_manifest",
    "whole_backups",
]

MANIFEST = "manifest.json"
_NAME = re.compile(r"\d{8}_\d{6}")


class BackupError(Exception):
    """A backup could not be taken, or is not one; the message says why."""


class Dumped(BaseModel):
    """One database's dump."""

    database: str
    file: str
    bytes: int
    sha256: str
    server: str
    contents: Contents


class Manifest(BaseModel):
    """One backup."""

    format: Literal[1] = 1
    taken_at: datetime
    rooms: dict[str, Dumped]


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup; raises ``BackupError`` when the directory is none."""
    try:
        return Manifest.model_validate_json((backup / MANIFEST).read_bytes())
    except OSError as error:
        raise BackupError(f"{backup} is no backup: {error.strerror} ({MANIFEST}).") from error
    except ValidationError as error:
        raise BackupError(f"The manifest of {backup} is damaged, or of another version of stoa.") from error


def whole_backups(directory: Path) -> list[Path]:
    """The backups in ``directory``, oldest first; unfinished ones have other names."""
    found = [path for path in directory.iterdir() if _NAME.fullmatch(path.name) and (path / MANIFEST).is_file()]
    return sorted(found)


def file_bytes(path: Path) -> int:
    """The size of a file."""
    return path.stat().st_size


def file_sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
