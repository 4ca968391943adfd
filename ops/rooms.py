"""The six rooms of the shop, in the order in which they are started, migrated and seeded."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FIRST_ROOM_PORT", "ROOMS", "ROOT", "database_name", "role_name"]

ROOT = Path(__file__).resolve().parents[1]
"""The checkout: where schema files, manifests and the router's configuration lie."""

ROOMS = ("auth", "user", "product", "order", "payment", "notification")

FIRST_ROOM_PORT = 4001
"""Rooms with a process of their own listen from here on, in this order; ``supergraph.yaml`` says the same."""


def database_name(room: str) -> str:
    """The room's database (S-001)."""
    return f"{room}_db"


def role_name(room: str) -> str:
    """The room's login role (S-001)."""
    return f"{room}_svc"
