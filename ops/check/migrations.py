"""Whether migration files are well-formed, unique over all rooms, and unchanged since release (S-047 to S-059)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from ops.migrate import changed_since_release
from ops.rooms import ROOMS
from subgraphs.kernel.migrations import Migration, MigrationError, room_migrations

__all__ = ["findings"]

_CREATES_TABLE = re.compile(
    r"\s*CREATE TABLE\s+(?:IF NOT EXISTS\s+)?(?!\w+\s+(?:PARTITION OF|\(LIKE))(\w+)", re.IGNORECASE
)


def findings(folder: Path) -> list[str]:
    """Everything wrong with the files, in order of rooms and numbers."""
    found = [f"migrations/{name} changed since it was released" for name in changed_since_release(folder)]
    stems: Counter[str] = Counter()
    for room in ROOMS:
        try:
            migrations = room_migrations(room, folder)
        except MigrationError as error:
            found.append(str(error))
            continue
        stems.update(migration.id for migration in migrations)
        for number, migration in enumerate(migrations, start=1):
            found.extend(f"{migration.id}: {problem}" for problem in _problems(migration, number))
    found.extend(f"{stem} stands in more than one room" for stem, count in sorted(stems.items()) if count > 1)
    return found


def _problems(migration: Migration, number: int) -> list[str]:
    module, found = migration.module, []
    if f"_{number:04d}_" not in migration.id:
        found.append(f"its number should be {number:04d}")
    for way in ("FORWARDS", "BACKWARDS"):
        statements = getattr(module, way, ())
        if not statements:
            found.append(f"{way} is empty: say how to undo it, or raise with the reason")
    created = {match[1] for statement in module.FORWARDS if (match := _CREATES_TABLE.match(statement))}
    if len(created) > 1:
        found.append(f"creates {len(created)} tables: one each")
    if not (module.__doc__ or "").strip():
        found.append("has no docstring")
    return found
