"""A pod's file system is read-only: what runs in it must not look for a place to write to."""

from __future__ import annotations

import subprocess
import sys

_IMPORTS = """
import tempfile
tempfile._candidate_tempdir_list = lambda: []  # as where no directory can be written to
import ops.cli, ops.local.rooms, ops.local.serving, router.__main__
"""


def test_what_the_manifests_run_starts_without_a_directory_to_write_to() -> None:
    done = subprocess.run([sys.executable, "-c", _IMPORTS], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
