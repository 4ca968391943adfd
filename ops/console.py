"""How the desk talks to a person: progress on the terminal, one sentence on failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["console", "failing_clearly", "progress"]

console = Console(highlight=False)


@contextmanager
def failing_clearly(*expected: type[Exception]) -> Iterator[None]:
    """Turn what the operator can mend into one sentence and exit code 1; anything else is a defect and shows itself."""
    try:
        yield
    except expected as error:
        raise click.ClickException(str(error)) from error


def progress() -> Progress:
    """A bar for work that is counted; a pipe is spared it, so whoever shows one also prints a line."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
