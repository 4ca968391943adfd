"""Every worker that a room defines is started with it: one that is not wired fails nothing and does nothing."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, get_type_hints

import pytest

from ops.rooms import ROOMS
from subgraphs.kernel.context import RunningRoom


def _modules(room: str) -> Iterator[Any]:
    package = import_module(f"subgraphs.{room}")
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield import_module(found.name)


def _is_worker(value: object, module: str) -> bool:
    """By its shape: a coroutine function of the module's own that takes the running room and answers nothing."""
    if not inspect.iscoroutinefunction(value) or value.__module__ != module:
        return False
    hints = get_type_hints(value)
    answer = hints.pop("return", None)
    return list(hints.values()) == [RunningRoom] and answer is type(None)


@pytest.mark.parametrize("room", ROOMS)
def test_every_worker_of_a_room_is_started_with_it(room: str) -> None:
    defined = {
        value for module in _modules(room) for value in vars(module).values() if _is_worker(value, module.__name__)
    }
    assert set(import_module(f"subgraphs.{room}.app").ROOM.workers) == defined


def test_there_are_workers_to_find() -> None:
    started = [len(import_module(f"subgraphs.{room}.app").ROOM.workers) for room in ROOMS]
    assert sum(started) >= 6
