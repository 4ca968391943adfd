"""The six services as ASGI applications, made from settings and wired to each other."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ops.local.serving import serve
from ops.rooms import ROOMS
from subgraphs.kernel.settings import RoomSettings

__all__ = ["room_apps", "serve_room"]

_PEERS: Mapping[str, tuple[str, ...]] = {
    "order": ("auth", "user", "product", "payment"),
    "notification": ("auth",),
}
"""Whose hidden operations or published keys a room asks for (S-006)."""


def room_apps(environ: Mapping[str, str]) -> dict[str, Any]:
    """All six in one process, each calling its peers without a network."""
    apps: dict[str, Any] = {}
    for room in sorted(ROOMS, key=lambda name: len(_PEERS.get(name, ()))):
        peers = {peer: apps[peer] for peer in _PEERS.get(room, ())}
        apps[room] = _room_app(room, RoomSettings.from_env(room, environ), peers)
    return {room: apps[room] for room in ROOMS}


async def serve_room(room: str, claimed: socket.socket) -> None:
    """One service alone, with the settings and peers that this process's environment names."""
    app = _room_app(room, RoomSettings.from_env(room))
    async with app.router.lifespan_context(app):
        await serve(app, claimed)


def _room_app(room: str, settings: RoomSettings, peers: Mapping[str, Any] | None = None) -> Any:
    """``peers`` are ASGI applications that replace the settings' URLs."""
    return import_module(f"subgraphs.{room}.app").create_app(settings, peers=peers)
