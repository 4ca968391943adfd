"""The state of one execution, and the exchange with a subgraph that every fetch consists of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import orjson

from router.executor.answers import HTTP_ERROR, SubgraphError, read_answer
from router.executor.context import FetchRecord, RequestContext
from router.executor.errors import FormattedError
from router.executor.transports.protocol import SubgraphTimeout, SubgraphUnreachable

__all__ = ["TIMEOUT", "Exchanged", "Run", "exchange"]

TIMEOUT = "GATEWAY_TIMEOUT"

Exchanged = tuple[dict[str, Any] | None, list[SubgraphError] | None]
"""The answer's data, if it is an object, and its errors, if there are any."""

_log = logging.getLogger(__name__)


class Run:
    """Owned by one execution; the fetches of its plan write here."""

    __slots__ = ("_errors", "_extensions", "began", "context", "halted", "records", "root", "variables")

    def __init__(self, context: RequestContext) -> None:
        self.context = context
        self.variables = context.variables
        self.root: dict[str, Any] = {}
        """The merged data."""
        self.halted = False
        """A mutation whose ``data`` is null already: no further field is executed (GraphQL spec §6.2.2)."""
        self.records: list[FetchRecord] = []
        self.began = perf_counter()
        self._errors: dict[int, list[FormattedError]] = {}
        self._extensions: dict[int, tuple[str, dict[str, Any]]] = {}

    def add_error(self, index: int, error: FormattedError) -> None:
        """``index`` is that of the fetch: errors are listed in the order of the plan, not of arrival."""
        self._errors.setdefault(index, []).append(error)

    def errors(self) -> Iterator[FormattedError]:
        for index in sorted(self._errors):
            yield from self._errors[index]

    def keep_extensions(self, index: int, service: str, extensions: Any) -> None:
        if type(extensions) is dict:
            self._extensions[index] = (service, extensions)

    def extensions(self) -> dict[str, Any]:
        """The allowed extensions of all answers: ``{key: {service: [values in the order of the plan]}}``."""
        collected: dict[str, dict[str, list[Any]]] = {}
        for index in sorted(self._extensions):
            service, extensions = self._extensions[index]
            for key in sorted(self.context.policy.response_extensions & extensions.keys()):
                collected.setdefault(key, {}).setdefault(service, []).append(extensions[key])
        return collected


async def exchange(run: Run, index: int, service: str, body: bytes, entities: int) -> Exchanged:
    """Send a request and read its answer. Never raises but for cancellation: failures are among the errors."""
    context = run.context
    policy = context.policy
    started = perf_counter()
    record = FetchRecord(service, index, started - run.began, 0.0, 0, len(body), 0, entities)
    run.records.append(record)
    try:
        transport = context.transports[service]
        response = await transport.post(body, context.headers(service), _seconds(context, service))
    except Exception as error:
        return None, [_failure(record, error)]
    finally:
        record.duration = perf_counter() - started
    record.status = response.status
    record.response_bytes = len(response.body)
    try:
        payload = orjson.loads(response.body)
        data = payload["data"]
        if response.status == 200 and "errors" not in payload and type(data) is dict:
            if policy.response_extensions:
                run.keep_extensions(index, service, payload.get("extensions"))
            return data, None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass  # not what a good answer looks like; read_answer says what it is
    answer = read_answer(response, service)
    run.keep_extensions(index, service, answer.extensions)
    return answer.data, answer.errors


def _seconds(context: RequestContext, service: str) -> float:
    """How long a fetch that starts now may take."""
    seconds = context.policy.timeouts.get(service, context.policy.timeout)
    if context.deadline is not None:
        seconds = min(seconds, context.deadline - asyncio.get_running_loop().time())
        if seconds <= 0:
            raise SubgraphTimeout("the time for the whole request is over")
    return seconds


def _failure(record: FetchRecord, error: Exception) -> SubgraphError:
    service = record.service
    record.failure = str(error)
    match error:
        case SubgraphTimeout():
            return SubgraphError(f'Subgraph "{service}" did not answer in time: {error}.', None, {"code": TIMEOUT})
        case SubgraphUnreachable():
            return SubgraphError(f'Subgraph "{service}" cannot be reached: {error}.', None, {"code": HTTP_ERROR})
    _log.error("transport of subgraph %s failed", service, exc_info=error)
    record.failure = f"{type(error).__name__}: {error}"
    return SubgraphError(f'Subgraph "{service}" cannot be reached.', None, {"code": HTTP_ERROR})
