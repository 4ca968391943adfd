"""``@defer``: the bits of an answer, put together as clients do, say what the answer without it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from graphql import REMOVE, DirectiveNode, DocumentNode, Visitor, VisitorAction, visit

from router.executor import RequestContext
from router.executor.incremental import IncrementalPlan, InitialResult
from router.gateway.incremental.messages import first_message, next_message
from tests.router.fuzz.check import is_silent
from tests.router.fuzz.faults import WRONG_LEAF
from tests.router.fuzz.oracle import Path, Truth
from tests.router.fuzz.subgraph import Run
from tests.router.reassembly import Reassembled, by_ids, by_paths

__all__ = ["deferred_findings", "reassembled", "undeferred"]


class _Undeferred(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value == "defer" else None


def undeferred(document: DocumentNode) -> DocumentNode:
    """The document without ``@defer``."""
    without: DocumentNode = visit(document, _Undeferred())
    return without


async def reassembled(plan: IncrementalPlan, context: RequestContext) -> tuple[Reassembled, ...]:
    """What readers of each format make of a deferred answer; an ``AssertionError`` is a breach of the protocol."""
    ids: list[dict[str, Any]] = []
    paths: list[dict[str, Any]] = []
    async for result in plan.execute(context):
        for messages, is_paths in ((ids, False), (paths, True)):
            write = first_message if isinstance(result, InitialResult) else next_message
            message = write(result, paths=is_paths)  # type: ignore[operator]
            if message is not None:
                messages.append(orjson.loads(orjson.dumps(message)))
    return by_ids(ids), by_paths(paths)


def deferred_findings(truth: Truth, answers: tuple[Reassembled, ...], run: Run) -> list[str]:
    """What is wrong: something false, or something missing without an error that says so."""
    found, nulls = list(dict.fromkeys(run.violations)), truth.nulls
    for answer in answers:
        causes = [tuple(error.get("path", ())) for error in answer.errors] + answer.failed
        for path, problem in _differences(truth, truth.data, answer.data, ()):
            if problem and any(_meet(failed, path) for failed in answer.failed) and path in nulls:
                continue  # without @defer the null of the fragment's field would have passed up to here
            if problem:
                found.append(f"deferred answer says at {list(path)}: {problem}")
            elif is_silent(path, truth, run):
                continue
            elif not answer.errors or not (run.faults or any(_meet(path, cause) for cause in causes)):
                found.append(f"deferred answer lacks without an error at {list(path)}; errors: {answer.errors[:2]}")
        if run.faults is None and answer.errors and not truth.nulls:
            found.append(f"deferred answer has a needless error at {answer.errors[:2]}")
    return found


def _meet(path: Path, cause: Path) -> bool:
    return path[: len(cause)] == cause or cause[: len(path)] == path


def _differences(truth: Truth, true: Any, given: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Where something is missing, with an empty text, or false, with what is there."""
    if given is None and true is not None:
        yield path, ""
    elif isinstance(true, dict) and isinstance(given, dict):
        for key in sorted(given.keys() - true.keys()):
            yield (*path, key), "a key too many"
        for key, value in true.items():
            if key in given:
                yield from _differences(truth, value, given[key], (*path, key))
            else:
                yield (*path, key), ""
    elif isinstance(true, list) and isinstance(given, list) and len(true) == len(given):
        for index, (one, other) in enumerate(zip(true, given, strict=True)):
            yield from _differences(truth, one, other, (*path, index))
    elif (type(true), true) != (type(given), given) and not (given == WRONG_LEAF and path in truth.custom):
        yield path, f"{given!r} instead of {true!r}"
