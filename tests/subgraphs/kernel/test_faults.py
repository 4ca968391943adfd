"""A fault point kills the process that was told to die there, at once and only then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
from subgraphs.kernel.faults import fault_point
for name in ("one", "two", "two", "three"):
    fault_point(name)
    print(name, flush=True)
"""


def _run(fault: str | None) -> tuple[int, list[str]]:
    environ = {name: value for name, value in os.environ.items() if name != "STOA_FAULT_POINT"}
    if fault is not None:
        environ["STOA_FAULT_POINT"] = fault
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environ, capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    return done.returncode, done.stdout.split()


def test_nothing_happens_unless_the_environment_names_the_point() -> None:
    assert _run(None) == (0, ["one", "two", "two", "three"])
    assert _run("four") == (0, ["one", "two", "two", "three"])


def test_the_process_dies_at_its_point_the_stated_time() -> None:
    assert _run("two") == (-signal.SIGKILL, ["one"])
    assert _run("two:2") == (-signal.SIGKILL, ["one", "two"])
