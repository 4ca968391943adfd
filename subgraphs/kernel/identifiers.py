"""Ids as clients write them: strings that should be UUIDs."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.refusals import Missing


def uuid_or_none(value: str) -> UUID | None:
    """The UUID, or None for a string that cannot be one: nothing has that id."""
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def existing_uuid(value: str, what: str, *, path: list[str] | None = None) -> UUID:
    """The UUID; raises Missing like an unknown one would."""
    found = uuid_or_none(value)
    if found is None:
        raise Missing(f"There is no such {what}.", path=path)
    return found
