"""The six services as ASGI applications, made from settings and wired to each other."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ops.rooms import ROOMS
from subgraphs.kernel.settings import RoomSettings

__all__ = ["PEERS", "room_app", "room_apps"]

PEERS: Mapping[str, tuple[str, ...]] = {
    "order": ("user", "product", "payment"),
    "notification": ("auth",),
}
"""Whose hidden operations a room calls (S-006)."""


def room_app(room: str, settings: RoomSettings, peers: Mapping[str, Any] | None = None) -> Any:
    """One service; ``peers`` are ASGI applications that replace the settings' URLs."""
    return import_module(f"subgraphs.{room}.app").create_app(settings, peers=peers)


def room_apps(environ: Mapping[str, str]) -> dict[str, Any]:
    """All six in one process, each calling its peers without a network."""
    apps: dict[str, Any] = {}
    for room in sorted(ROOMS, key=lambda name: len(PEERS.get(name, ()))):
        peers = {peer: apps[peer] for peer in PEERS.get(room, ())}
        apps[room] = room_app(room, RoomSettings.from_env(room, environ), peers)
    return {room: apps[room] for room in ROOMS}
