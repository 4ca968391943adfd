"""Results of incremental execution as the JSON of either format; the one with ids is that of the GraphQL draft,
"Incremental Stream"."""

from __future__ import annotations

from typing import Any

from router.executor.incremental import Completed, Incremental, InitialResult, Pending, SubsequentResult

__all__ = ["first_message", "next_message"]

Message = dict[str, Any]


def first_message(result: InitialResult, *, paths: bool) -> Message:
    """The first answer; ``paths`` asks for the format of 2022, in which nothing is announced."""
    response = result.response
    message: Message = {"data": response.data}
    if response.errors:
        message["errors"] = response.errors
    if response.extensions:
        message["extensions"] = response.extensions
    if result.pending and not paths:
        message["pending"] = [_pending(pending) for pending in result.pending]
    return {**message, "hasNext": bool(result.pending)}


def next_message(result: SubsequentResult, *, paths: bool) -> Message | None:
    """What comes next; None when this format has no word for it."""
    return _with_paths(result) if paths else _with_ids(result)


def _with_ids(result: SubsequentResult) -> Message:
    message: Message = {}
    if result.pending:
        message["pending"] = [_pending(pending) for pending in result.pending]
    if result.incremental:
        message["incremental"] = [_incremental(found) for found in result.incremental]
    if result.completed:
        message["completed"] = [_completed(found) for found in result.completed]
    return {**message, "hasNext": result.has_next}


def _pending(pending: Pending) -> Message:
    message: Message = {"id": pending.id, "path": pending.path}
    return message if pending.label is None else {**message, "label": pending.label}


def _incremental(found: Incremental) -> Message:
    message: Message = {"data": found.data, "id": found.to.id}
    if found.sub_path:
        message["subPath"] = found.sub_path
    return {**message, "errors": found.errors} if found.errors else message


def _completed(found: Completed) -> Message:
    return {"id": found.pending.id, "errors": found.errors} if found.errors else {"id": found.pending.id}


def _with_paths(result: SubsequentResult) -> Message | None:
    """Readers of this format want a patch in every message, so one that only says that all is done says so with an
    empty patch."""
    patches = [_patch(found.to, found.path, found.data, found.errors) for found in result.incremental]
    patches += [_patch(one.pending, one.pending.path, None, one.errors) for one in result.completed if one.errors]
    if not patches and not result.has_next and result.completed:
        last = result.completed[-1].pending
        patches = [_patch(last, last.path, {}, [])]
    return {"incremental": patches, "hasNext": result.has_next} if patches else None


def _patch(pending: Pending, path: tuple[str | int, ...], data: Any, errors: list[Message]) -> Message:
    message: Message = {} if pending.label is None else {"label": pending.label}
    message |= {"path": path, "data": data}
    return {**message, "errors": errors} if errors else message
