"""What every subgraph serves beside its own schema (federation subgraph specification)."""

from __future__ import annotations

__all__ = ["SERVICE_FIELDS", "SERVICE_KINDS", "SERVICE_SDL", "SERVICE_TYPES"]

SERVICE_FIELDS = frozenset({"_service", "_entities"})
SERVICE_KINDS = {"_Any": "scalar", "_Entity": "union", "_Service": "object"}
SERVICE_TYPES = frozenset(SERVICE_KINDS)
SERVICE_SDL = "scalar _Any type _Service { sdl: String } extend type Query { _service: _Service! }"
"""Enough of it to make a subgraph without queries a complete schema."""
