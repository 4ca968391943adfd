"""The six rooms of the shop, in the order in which they are started, migrated and seeded."""

from __future__ import annotations

__all__ = ["ROOMS", "database_name", "role_name", "room_port"]

ROOMS = ("auth", "user", "product", "order", "payment", "notification")

_FIRST_PORT = 4001


def database_name(room: str) -> str:
    """The room's database (S-001)."""
    return f"{room}_db"


def role_name(room: str) -> str:
    """The room's login role (S-001)."""
    return f"{room}_svc"


def room_port(room: str) -> int:
    """The port a room listens on when each has a process of its own; ``supergraph.yaml`` says the same."""
    return _FIRST_PORT + ROOMS.index(room)
