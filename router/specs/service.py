"""What every subgraph serves beside its own schema (federation subgraph specification)."""

from __future__ import annotations

__all__ = ["SERVICE_FIELDS", "SERVICE_SDL", "SERVICE_TYPES"]

SERVICE_FIELDS = frozenset({"_service", "_entities"})
SERVICE_TYPES = frozenset({"_Any", "_Entity", "_Service"})
SERVICE_SDL = "scalar _Any type _Service { sdl: String } extend type Query { _service: _Service! }"
"""Enough of it to make a subgraph without queries a complete schema."""
