"""What keeps the shop from starting is said in one sentence, with a non-zero exit, and leaves nothing running."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def up(*arguments: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code and everything printed by ``stoa up``."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", "up", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, " ".join(done.stdout.split())


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.fixture
def free() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_a_port_in_use(tmp_path: Path, taken: int) -> None:
    code, said = up("--data", str(tmp_path / "data"), "--port", str(taken))
    assert code == 1
    assert f"Port {taken} on 127.0.0.1 cannot be used (Address already in use). Choose another with --port." in said
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_is_a_file(tmp_path: Path, free: str) -> None:
    (tmp_path / "data").write_text("not a directory")
    code, said = up("--data", str(tmp_path / "data"), "--port", free)
    assert code != 0
    assert "is a file" in said


def test_a_directory_with_something_else_in_it(tmp_path: Path, free: str) -> None:
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    (tmp_path / "data" / "postgres" / "holiday.jpg").touch()
    code, said = up("--data", str(tmp_path / "data"), "--port", free)
    assert code == 1
    assert "is not empty and holds no PostgreSQL cluster" in said
    assert (tmp_path / "data" / "postgres" / "holiday.jpg").exists()


def test_a_broken_cluster(tmp_path: Path, free: str) -> None:
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("18\n")
    code, said = up("--data", str(tmp_path / "data"), "--port", free)
    assert code == 1
    assert f"The embedded PostgreSQL did not start on {cluster}" in said
    assert "Traceback" not in said


def test_a_directory_that_another_stack_holds(tmp_path: Path, free: str) -> None:
    lock = tmp_path / "stack.lock"
    with lock.open("w") as held:
        held.write("4711")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = up("--data", str(tmp_path), "--port", free)
    assert code == 1
    assert f"Another stoa (process 4711) runs on {tmp_path}." in said


def test_an_existing_postgres_that_is_away(tmp_path: Path, free: str) -> None:
    where = {"DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": "1"}
    code, said = up("--data", str(tmp_path), "--port", free, environ=where)
    assert code == 1
    assert "The database auth_db at 127.0.0.1:1 cannot be used as auth_svc" in said
    assert "Traceback" not in said


def test_an_existing_redis_that_is_away(tmp_path: Path, free: str) -> None:
    code, said = up("--data", str(tmp_path), "--port", free, environ={"REDIS_URL": "redis://127.0.0.1:1/0"})
    assert code == 1
    assert "The Redis that REDIS_URL names does not answer" in said
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
