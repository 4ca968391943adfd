"""SQL that partitions an existing append-only table by month, and back; for migrations, and frozen like ``ddl``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from subgraphs.kernel.ddl import touch_trigger


def partition_by_month(table: str, description: str, indexes: Mapping[str, str]) -> tuple[str, ...]:
    """The table with the same rows, its key widened by ``created_at``, and one default partition.

    ``indexes`` maps names to what follows ``CREATE``, e.g. ``{"idx_t_a": "INDEX idx_t_a ON t (a)"}``; a unique one has
    to contain ``created_at``. Nothing may refer to the table.
    """
    default = f"{table}_default"
    return (
        *_moved_aside(table, indexes),
        f"""
        CREATE TABLE {table} (
            LIKE {table}_before INCLUDING ALL EXCLUDING INDEXES, CONSTRAINT {table}_pkey PRIMARY KEY (id, created_at)
        ) PARTITION BY RANGE (created_at)
        """,
        f"CREATE TABLE {default} (LIKE {table}_before INCLUDING ALL EXCLUDING INDEXES)",
        f"ALTER TABLE {table} ATTACH PARTITION {default} DEFAULT",
        f"COMMENT ON TABLE {default} IS 'Rows of months that have no partition of their own yet'",
        *_filled(table, description, indexes),
    )


def unpartition(table: str, description: str, indexes: Mapping[str, str]) -> tuple[str, ...]:
    """The reverse; ``indexes`` are those of the whole table. Rows of detached partitions stay where they are."""
    return (
        *_moved_aside(table, indexes),
        f"""
        CREATE TABLE {table} (
            LIKE {table}_before INCLUDING ALL EXCLUDING INDEXES, CONSTRAINT {table}_pkey PRIMARY KEY (id)
        )
        """,
        *_filled(table, description, indexes),
    )


def _moved_aside(table: str, indexes: Sequence[str] | Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} RENAME TO {table}_before",
        f"ALTER TABLE {table}_before DROP CONSTRAINT {table}_pkey",
        *(f"DROP INDEX {name}" for name in indexes),
    )


def _filled(table: str, description: str, indexes: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"INSERT INTO {table} SELECT * FROM {table}_before",
        f"DROP TABLE {table}_before",
        *(f"CREATE {definition}" for definition in indexes.values()),
        touch_trigger(table),
        f"COMMENT ON TABLE {table} IS '{description}'",
    )
