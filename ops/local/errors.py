"""What the desk says when it cannot go on: one sentence that says what to do."""

from __future__ import annotations


class StartError(Exception):
    """Something the operator can mend keeps the stack from starting; the message says what and how."""
