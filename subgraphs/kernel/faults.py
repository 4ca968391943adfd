"""Named places where a process can be made to die, to prove that nothing is lost when it does.

``STOA_FAULT_POINT=checkout.created`` makes the process kill itself (SIGKILL, nothing is cleaned up) the first time it
comes to ``fault_point("checkout.created")``; ``checkout.created:3`` the third time. Without the variable, which nothing
but a test sets, a fault point is one comparison.
"""

from __future__ import annotations

import os
import signal

_name, _, _count = os.environ.get("STOA_FAULT_POINT", "").partition(":")
_passes_left = int(_count or 1)


def fault_point(name: str) -> None:
    """Die here if the environment says so."""
    if name != _name:
        return
    global _passes_left
    _passes_left -= 1
    if _passes_left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
