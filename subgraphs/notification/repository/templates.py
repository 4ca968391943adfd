"""Templates of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from subgraphs.notification.domain import Channel, Template
from subgraphs.notification.tables import DB

MAX_TEMPLATES = 500
_COLUMNS = "id, name, type, subject, body, variables, is_active, locale"


async def list_templates(channel: Channel | None) -> list[Template]:
    """Live templates by name, five hundred at most."""
    rows = await DB.fetch(
        f"""
        SELECT {_COLUMNS} FROM notification_templates
        WHERE deleted_at IS NULL AND ($1::text IS NULL OR type = $1) ORDER BY name LIMIT $2
        """,
        channel.value if channel is not None else None,
        MAX_TEMPLATES,
    )
    return [_template(row) for row in rows]


async def first_template(names: Sequence[str]) -> Template | None:
    """The live template whose name comes first in ``names``."""
    row = await DB.fetch_row(
        f"""
        SELECT {_COLUMNS} FROM notification_templates
        WHERE deleted_at IS NULL AND name = ANY($1::text[]) ORDER BY array_position($1::text[], name::text) LIMIT 1
        """,
        list(names),
    )
    return _template(row) if row is not None else None


async def upsert_template(
    *, name: str, channel: Channel, locale: str, subject: str | None, body: str, variables: Sequence[str], active: bool
) -> Template:
    row = await DB.fetch_row(
        f"""
        INSERT INTO notification_templates (name, type, locale, subject, body, variables, is_active)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) WHERE deleted_at IS NULL DO UPDATE
        SET type = excluded.type, locale = excluded.locale, subject = excluded.subject, body = excluded.body,
            variables = excluded.variables, is_active = excluded.is_active
        RETURNING {_COLUMNS}
        """,
        name,
        channel.value,
        locale,
        subject,
        body,
        list(variables),
        active,
    )
    return _template(row)


def _template(row: Any) -> Template:
    return Template(
        id=row["id"],
        name=row["name"],
        type=Channel(row["type"]),
        subject=row["subject"],
        body=row["body"],
        variables=row["variables"],
        active=row["is_active"],
        locale=row["locale"],
    )
