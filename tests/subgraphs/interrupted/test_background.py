"""Whatever a room starts beside its requests is interrupted at every call by a test of its name (S-111)."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import pytest

from ops.rooms import ROOMS
from subgraphs.kernel import app as kernel_app
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.settings import DatabaseSettings, RoomSettings

MODULES = ("test_workers", "test_workers_money", "test_workers_notification", "test_workers_kernel")


def test_everything_that_runs_beside_requests_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new worker fails here until a test has its name."""
    started: set[str] = set()

    class Recorder:
        wait = asyncio.wait

        @staticmethod
        def ensure_future(work: Any) -> None:
            started.add(work.__qualname__.replace(".", "_").lower())
            work.close()

    monkeypatch.setattr(kernel_app, "asyncio", Recorder)
    for room in ROOMS:
        about = import_module(f"subgraphs.{room}.app").ROOM
        settings = RoomSettings(room, DatabaseSettings("h", 1, "d", "u", "p"))
        service = kernel_app._Service(about, settings, "redis://h", {}, background=True)
        service._start_background(RunningRoom(room, settings, about.database, redis=object()))
    modules = [import_module(f"tests.subgraphs.interrupted.{name}") for name in MODULES]
    tried = {name.removeprefix("test_") for module in modules for name in vars(module) if name.startswith("test_")}
    assert started - tried == set()
    assert len(started) >= 12
