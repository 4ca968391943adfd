"""``python -m ops`` is ``stoa``."""

from __future__ import annotations

from ops.cli import main

main(prog_name="stoa")
