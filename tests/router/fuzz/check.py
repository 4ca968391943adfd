"""Judging an answer: every difference from the truth is an error's doing, and every error has its cause.

Without faults the data is the truth and errors are those the data itself calls for. With faults

- a position that lost its value is null, may be null, and an error stands at it, around it or (passed up through
  non-null positions only) below it;
- what stands in other positions is the truth;
- an error stands only where something went wrong, at an object or root field that a spoiled answer was about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from router.executor import Response
from tests.router.fuzz.faults import WRONG_LEAF
from tests.router.fuzz.oracle import Path, Truth, null_at
from tests.router.fuzz.subgraph import Run
from tests.router.fuzz.world import World

__all__ = ["findings", "is_silent"]


def findings(truth: Truth, response: Response, run: Run, world: World) -> list[str]:
    """What is wrong, as sentences; nothing if all is well."""
    errors = [tuple(error.get("path", ())) for error in response.errors]
    found = list(dict.fromkeys(run.violations))
    if run.faults is None:
        if (at := first_difference(truth.data, response.data)) is not None:
            found.append(f"wrong data at {at}; errors: {response.errors[:3]}")
        nulls = {null_at(response.data, path) for path in errors}
        found += [f"no error for the null at {list(path)}" for path in sorted(truth.nulls - nulls, key=str)]
        found += [
            f"needless error at {list(path)}: {response.errors[:2]}" for path in sorted(nulls - truth.nulls, key=str)
        ]
        return found
    losses = list(_losses(truth, response.data, ()))
    found += [problem for path, problem in losses if problem is not None]
    lost = [path for path, problem in losses if problem is None]
    found += [f"unexplained null at {list(path)}" for path in lost if not _is_explained(path, errors, truth, run)]
    found += [
        f"error at {list(path)} where nothing went wrong: {error}"
        for path, error in zip(errors, response.errors, strict=True)
        if not _has_cause(path, truth, run, world)
    ]
    return found


def first_difference(true: Any, given: Any, path: Path = ()) -> str | None:
    """Where two values differ, order of keys included, and how."""
    if isinstance(true, dict) and isinstance(given, dict):
        if list(true) != list(given):
            return f"{list(path)}: keys {list(given)} instead of {list(true)}"
        differences = (first_difference(value, given[key], (*path, key)) for key, value in true.items())
        return next((one for one in differences if one is not None), None)
    if isinstance(true, list) and isinstance(given, list) and len(true) == len(given):
        pairs = zip(true, given, strict=True)
        differences = (first_difference(one, other, (*path, index)) for index, (one, other) in enumerate(pairs))
        return next((one for one in differences if one is not None), None)
    return None if type(true) is type(given) and true == given else f"{list(path)}: {given!r} instead of {true!r}"


def _losses(truth: Truth, given: Any, path: Path) -> Iterator[tuple[Path, str | None]]:
    """Positions that lost their value, and differences that are no loss, with what is wrong about them."""
    yield from _compare(truth, truth.data, given, path)


def _compare(truth: Truth, true: Any, given: Any, path: Path) -> Iterator[tuple[Path, str | None]]:
    if given is None and true is not None:
        yield path, None if truth.nullable.get(path, True) else f"null at {list(path)}, which is non-null"
    elif isinstance(true, dict) and isinstance(given, dict) and list(true) == list(given):
        for key, value in true.items():
            yield from _compare(truth, value, given[key], (*path, key))
    elif isinstance(true, list) and isinstance(given, list) and len(true) == len(given):
        for index, (one, other) in enumerate(zip(true, given, strict=True)):
            yield from _compare(truth, one, other, (*path, index))
    elif given == WRONG_LEAF and path in truth.custom:
        return
    elif (difference := first_difference(true, given, path)) is not None:
        yield path, f"wrong data at {difference}"


def _is_explained(lost: Path, errors: list[Path], truth: Truth, run: Run) -> bool:
    for error in errors:
        if lost[: len(error)] == error:
            return True
        if error[: len(lost)] == lost and (lost in run.nulled or _nulled_an_entity(error, lost, truth, run)):
            return True
        if error[: len(lost)] == lost and _is_silent_below(lost, truth, run):
            return True
        if error[: len(lost)] == lost and not any(
            truth.nullable.get(error[:length], False) for length in range(len(lost) + 1, len(error) + 1)
        ):
            return True
    return is_silent(lost, truth, run)


def _nulled_an_entity(error: Path, lost: Path, truth: Truth, run: Run) -> bool:
    """Whether the error took more of an entity than its field: of one in what was lost, or of the one around it.

    A subgraph may allow less nulls than the merged schema.
    """
    around = next((n for n in range(len(lost) - 1, -1, -1) if "#" in (_identity(truth, lost[:n]) or "")), len(lost))
    lengths = (around, *range(len(lost), len(error) + 1))
    return any(_identity(truth, error[:length]) in run.nulled_entities for length in lengths)


def _is_silent_below(lost: Path, truth: Truth, run: Run) -> bool:
    """Whether an entity that was answered by null, without an error, took what was lost along: its type is unknown."""
    return any(
        path[: len(lost)] == lost
        and found.identity in run.silent
        and not any(truth.nullable.get(path[:length], True) for length in range(len(lost) + 1, len(path) + 1))
        for path, found in truth.objects.items()
    )


def is_silent(lost: Path, truth: Truth, run: Run) -> bool:
    """Whether an entity that was answered by null, without an error, is there or around it."""
    return any(_identity(truth, lost[:length]) in run.silent for length in range(len(lost) + 1))


def _has_cause(path: Path, truth: Truth, run: Run, world: World) -> bool:
    if not path or path[0] in run.affected_roots or "*" in run.affected_roots:
        return True
    around = [truth.objects[path[:length]] for length in range(len(path) + 1) if path[:length] in truth.objects]
    spoiled = run.affected | run.nulled_entities
    if any(one.identity in spoiled or run.affected & world.needed(one) for one in around):
        return True
    return any(null[: len(path)] == path or path[: len(null)] == null for null in truth.nulls)


def _identity(truth: Truth, path: Path) -> str | None:
    found = truth.objects.get(path)
    return None if found is None else found.identity
