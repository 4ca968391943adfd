"""The pages of the data dictionary, and which of them are stale.

A page names what it was made of: a digest of the room's migrations and of how long it keeps its rows, and one of its
own text. So whether it is current can be told without a server, and so can a change by hand.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

from ops.dictionary.catalog import Table
from ops.rooms import ROOMS, ROOT, database_name
from subgraphs.kernel.partitions import DETACHED_DAYS
from subgraphs.kernel.upkeep import SHARED, Upkeep

__all__ = ["FOLDER", "pages", "stale"]

FOLDER = Path("docs/data-dictionary")
_SHARED = "shared"
_SHARED_TABLES = frozenset({"audit_log", "dead_letters", "idempotency_keys", "outbox", "processed_events"})
_TOUCHES_SHARED = re.compile(rf"\b({'|'.join(sorted(_SHARED_TABLES))})\b")
_MADE = re.compile(r"<!-- Made by `stoa dictionary` of (\w{16}), text (\w{16}) -->\n")


def pages(root: Path, tables: Mapping[str, list[Table]]) -> dict[Path, str]:
    """Every page by its path, from the tables of the six databases.

    Raises ValueError when databases differ in the tables that all of them have.
    """
    shared = {room: [table for table in tables[room] if table.name in _SHARED_TABLES] for room in ROOMS}
    if len({tuple(each) for each in shared.values()}) != 1:
        raise ValueError("the tables that every database has are not the same in all of them")
    made = {
        room: _page(f"Tables of {database_name(room)}", own, _kept(_upkeep(room)))
        for room in ROOMS
        for own in ([table for table in tables[room] if table.name not in _SHARED_TABLES],)
    }
    made[_SHARED] = _page("Tables that each of the six databases has", shared[ROOMS[0]], _kept(SHARED))
    return {_path(root, name): _header(root, name, text) + text for name, text in made.items()}


def stale(root: Path) -> list[Path]:
    """Pages that are missing, were changed by hand or made before the last change of what they tell."""
    found = []
    for name in (*ROOMS, _SHARED):
        path = _path(root, name)
        text = path.read_text() if path.exists() else ""
        made = _MADE.match(text)
        if made is None or made[0] != _header(root, name, text[made.end() :]):
            found.append(path)
    return found


def _path(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.md"


def _header(root: Path, name: str, text: str) -> str:
    return f"<!-- Made by `stoa dictionary` of {_sources(root, name)}, text {_digest([text])} -->\n"


def _sources(root: Path, name: str) -> str:
    """Whatever can change a page: migrations, the frozen SQL they share, and the policy of rows."""
    rooms = ROOMS if name == _SHARED else (name,)
    texts = [path.read_text() for room in rooms for path in sorted((root / "migrations" / room).glob("*_[0-9]*.py"))]
    if name == _SHARED:  # most migrations leave these tables alone
        texts = [text for text in texts if _TOUCHES_SHARED.search(text)]
    texts += [path.read_text() for path in sorted((ROOT / "subgraphs/kernel").glob("ddl*.py"))]
    policy = _kept(SHARED if name == _SHARED else _upkeep(name))
    return _digest([*texts, *(f"{table}: {text}" for table, text in policy.items())])


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _upkeep(room: str) -> Upkeep:
    upkeep: Upkeep = import_module(f"subgraphs.{room}.app").ROOM.upkeep
    return upkeep


def _kept(upkeep: Upkeep) -> dict[str, str]:
    """How long each table keeps its rows, in words (D45)."""
    words = {
        each.table: f"by month; detached after {each.months} months, dropped {DETACHED_DAYS} days later"
        for each in upkeep.partitioned
    }
    for line in upkeep.retention:
        condition = "" if line.condition == "true" else f" and `{line.condition}`"
        age = f" is {line.age.days} days ago" if line.age else ""
        words[line.table] = f"until `{line.column}`{age}{condition}"
    return {**words, **upkeep.kept}


def _page(title: str, tables: list[Table], kept: Mapping[str, str]) -> str:
    return f"\n# {title}\n" + "".join(_section(table, kept.get(table.name)) for table in tables)


def _section(table: Table, kept: str | None) -> str:
    lines = [f"\n## {table.name}\n", f"{table.comment}.\n"]
    if kept is not None:
        lines.append(f"Kept: {kept}.\n")
    lines += [f"- {key}" for key in table.keys]
    lines += ["\n| column | type | null | what it holds |", "|---|---|---|---|"]
    lines += [
        f"| {column.name} | {column.type} | {'yes' if column.nullable else ''} | {_cell(column.comment)} |"
        for column in table.columns
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
