"""What is wrong with an answer: nothing, if it is a well-formed GraphQL answer whose errors have typed codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.router.hostile.messages import Message

__all__ = ["Answer", "bad_close", "bad_message", "problems"]

_STATUSES = {200, 400, 403, 404, 405, 406, 408, 413, 414, 415, 431, 503, 504}
"""Of the router's documented refusals; 503 and 504 are timeouts and drains."""
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_TRACES = (b"Traceback", b'File \\"', b'File "', b"site-packages", b"hunter2", b"RecursionError")
_CLOSES = {1000, 1002, 1003, 1007, 1009, 4400, 4401, 4403, 4406, 4409, 4429}
_KEYS = {"data", "errors", "extensions", "hasNext", "pending", "incremental", "completed", "payload"}


class Answer:
    """One HTTP response."""

    def __init__(self, status: int, headers: dict[bytes, bytes], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def problems(message: Message, answer: Answer | None) -> Iterator[str]:
    """Sentences; none when all is well."""
    if answer is None:
        if message.is_http:
            yield "the connection was closed without an answer"
        return
    for trace in _TRACES:
        if trace in answer.body:
            yield f"the body tells {trace!r}"
    if message.method == b"OPTIONS" and answer.status == 204:
        return
    if answer.status not in _STATUSES:
        yield f"status {answer.status}: {answer.body[:300]!r}"
    elif message.method != b"HEAD" and (message.is_graphql or answer.status not in (200, 404, 405)):
        yield from _of_its_type(message, answer)


def _of_its_type(message: Message, answer: Answer) -> Iterator[str]:
    type_ = answer.headers.get(b"content-type", b"")
    if type_.startswith((b"application/json", b"application/graphql-response+json")):
        yield from _json(answer.body, answer.status)
    elif type_.startswith(b"text/event-stream"):
        yield from _events(answer.body)
    elif type_.startswith(b"multipart/mixed"):
        yield from _parts(answer.body)
    elif not (type_.startswith(b"text/html") and message.method == b"GET") and (
        message.is_http or answer.status not in (400, 431)
    ):
        yield f"a {answer.status} of type {type_!r}: {answer.body[:200]!r}"


def _json(body: bytes, status: int) -> Iterator[str]:
    answer = _loads(body)
    yield from _graphql(answer)
    if isinstance(answer, dict) and status >= 400 and "data" in answer:
        yield f"data with status {status}"
    if isinstance(answer, dict) and status >= 400 and not answer.get("errors"):
        yield f"no errors with status {status}"


def _graphql(answer: Any) -> Iterator[str]:
    if not isinstance(answer, dict) or not answer or not answer.keys() <= _KEYS:
        yield f"no GraphQL answer: {str(answer)[:200]}"
        return
    if isinstance(answer.get("payload"), dict):
        yield from _graphql(answer["payload"])
    if "errors" in answer:
        yield from _errors(answer["errors"])
    for inner in (*answer.get("incremental", ()), *answer.get("completed", ())):
        if "errors" in inner:
            yield from _errors(inner["errors"])


def _errors(errors: Any) -> Iterator[str]:
    if not isinstance(errors, list) or not errors:
        yield f"errors that are no list with something in it: {errors!r}"
        return
    for error in errors:
        code = error.get("extensions", {}).get("code")
        if not isinstance(error.get("message"), str):
            yield f"an error without message: {error!r}"
        if not isinstance(code, str) or _CODE.fullmatch(code) is None:
            yield f"an error without code: {str(error)[:300]}"
        elif code == "INTERNAL_SERVER_ERROR" and "path" not in error:
            yield f"an error of the router's own: {error!r}"


def _events(body: bytes) -> Iterator[str]:
    events = [event for event in body.split(b"\n\n") if event.strip(b":\n ")]
    if not events or not events[-1].startswith(b"event: complete"):
        yield f"a stream that is not completed: {body[-200:]!r}"
        return
    for event in events[:-1]:
        name, _, data = event.partition(b"\ndata: ")
        if name.lstrip(b":\n") != b"event: next":
            yield f"no event: {event[:200]!r}"
        yield from _graphql(_loads(data))


def _parts(body: bytes) -> Iterator[str]:
    if not body.rstrip().endswith(b"--"):
        yield f"parts without an end: {body[-200:]!r}"
    for part in re.split(rb"\r\n--[A-Za-z]+(?:--)?", body):
        _, _, content = part.partition(b"\r\n\r\n")
        if content.strip() not in (b"", b"{}"):
            yield from _graphql(_loads(content))


def _loads(text: bytes) -> Any:
    try:
        return json.loads(text, parse_constant=lambda name: f"{name} is no JSON")
    except ValueError as error:
        return f"{error}: {text[:200]!r}"


def bad_message(text: str | bytes) -> Iterator[str]:
    """The same for a message of a WebSocket."""
    message = _loads(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    match message:
        case {"type": "connection_ack" | "ka" | "pong" | "complete"}:
            return
        case {"type": "next" | "data", "payload": payload}:
            yield from _graphql(payload)
        case {"type": "error", "payload": list() as errors}:
            yield from _errors(errors)
        case {"type": "error", "payload": dict() as error}:
            yield from _errors([error])
        case _:
            yield f"no message: {str(message)[:200]}"


def bad_close(code: int | None) -> Iterator[str]:
    """What a close code says of the router."""
    if code is not None and code not in _CLOSES:
        yield f"closed with {code}"
