"""The state of one execution, and the exchange with a subgraph that every fetch consists of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

import orjson

from router.executor.answers import HTTP_ERROR, SubgraphError, read_answer
from router.executor.context import FetchRecord, RequestContext
from router.executor.errors import ErrorPath, FormattedError
from router.executor.request_bodies import Encode
from router.executor.transports.protocol import SubgraphTimeout, SubgraphUnreachable

__all__ = ["TIMEOUT", "Exchanged", "Run", "Site", "exchange"]

TIMEOUT = "GATEWAY_TIMEOUT"


@dataclass(frozen=True, slots=True)
class Site:
    """A fetch of a plan: its place in the printed plan, whom it asks, and how its requests are encoded."""

    index: int
    service: str
    encode: Encode


Exchanged = tuple[dict[str, Any] | None, list[SubgraphError] | None]
"""The answer's data, if it is an object, and its errors, if there are any."""

_log = logging.getLogger(__name__)


class Run:
    """Owned by one execution; the fetches of its plan write here."""

    __slots__ = (
        "_checks",
        "_errors",
        "_extensions",
        "_losses",
        "began",
        "context",
        "halted",
        "lost",
        "records",
        "root",
        "variables",
    )

    def __init__(self, context: RequestContext) -> None:
        self.context = context
        self.variables = context.variables
        self.root: dict[str, Any] = {}
        """The merged data."""
        self.halted = False
        """A mutation whose ``data`` is null already: no further field is executed (GraphQL spec §6.2.2)."""
        self.lost: set[ErrorPath] = set()
        """Where an answer was null because of an error below, which is error enough for what else is lost there."""
        self.records: list[FetchRecord] = []
        self.began = perf_counter()
        self._checks: list[Callable[[Run], None]] = []
        self._losses: list[Callable[[Run], None]] = []
        self._errors: dict[int, list[FormattedError]] = {}
        self._extensions: dict[int, tuple[str, dict[str, Any]]] = {}

    def add_error(self, index: int, error: FormattedError) -> None:
        """``index`` is that of the fetch: errors are listed in the order of the plan, not of arrival."""
        self._errors.setdefault(index, []).append(error)

    def has_enough_errors(self, index: int) -> bool:
        """Whether a fetch has more errors already than will be shown."""
        return len(self._errors.get(index, ())) > self.context.policy.max_errors

    def check_later(self, check: Callable[[Run], None]) -> None:
        """Keep what reports the fields an answer lacks: a look at every answer would cost more than merging it.

        ``check`` must not hold the run, or executions become garbage that only the collector finds.
        """
        self._checks.append(check)

    def check(self) -> None:
        """Report what the answers lack; to be asked for when a value is missing."""
        for check in self._checks:
            check(self)
        self._checks.clear()

    def tell_later(self, tell: Callable[[Run], None]) -> None:
        """Keep what adds an error whose place depends on what other answers say; it must not hold the run either."""
        self._losses.append(tell)

    def settle(self) -> None:
        """Add the errors that waited for other answers."""
        losses, self._losses = self._losses, []
        for tell in losses:
            tell(self)

    def errors(self) -> list[FormattedError]:
        """All errors in the order of the plan, those that waited for other answers included."""
        self.settle()
        if not self._errors:
            return []
        return [error for index in sorted(self._errors) for error in self._errors[index]]

    def keep_extensions(self, index: int, service: str, extensions: Any) -> None:
        if type(extensions) is dict:
            self._extensions[index] = (service, extensions)

    def extensions(self) -> dict[str, Any]:
        """The allowed extensions of all answers: ``{key: {service: [values in the order of the plan]}}``."""
        if not self._extensions:
            return {}
        collected: dict[str, dict[str, list[Any]]] = {}
        for index in sorted(self._extensions):
            service, extensions = self._extensions[index]
            for key in sorted(self.context.policy.response_extensions & extensions.keys()):
                collected.setdefault(key, {}).setdefault(service, []).append(extensions[key])
        return collected


async def exchange(run: Run, site: Site, own: Mapping[str, Any], entities: int) -> Exchanged:
    """Send a request with the variables ``own`` of the fetch and read its answer.

    Never raises but for cancellation: whatever fails is among the errors.
    """
    context = run.context
    service = site.service
    body = b""
    started = perf_counter()
    try:
        body = site.encode(run.variables, own)
        response = await context.transports[service].post(body, context.headers(service), _seconds(context, service))
    except Exception as error:
        failure = _failure(service, error, encoded=bool(body))
        seconds = perf_counter() - started
        run.records.append(
            FetchRecord(service, site.index, started - run.began, seconds, 0, len(body), 0, entities, failure[0])
        )
        return None, [failure[1]]
    seconds = perf_counter() - started
    status, _, text = response
    run.records.append(
        FetchRecord(service, site.index, started - run.began, seconds, status, len(body), len(text), entities)
    )
    try:
        payload = orjson.loads(text)
        data = payload["data"]
        if status == 200 and "errors" not in payload and type(data) is dict:
            if context.policy.response_extensions:
                run.keep_extensions(site.index, service, payload.get("extensions"))
            return data, None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass  # not what a good answer looks like; read_answer says what it is
    answer = read_answer(response, service, context.policy.max_errors)
    run.keep_extensions(site.index, service, answer.extensions)
    return answer.data, answer.errors


def _seconds(context: RequestContext, service: str) -> float:
    """How long a fetch that starts now may take."""
    policy = context.policy
    seconds = policy.timeouts.get(service, policy.timeout) if policy.timeouts else policy.timeout
    if context.deadline is not None:
        left = context.deadline - monotonic()
        if left <= 0:
            raise SubgraphTimeout("the time for the whole request is over")
        if left < seconds:
            return left
    return seconds


def _failure(service: str, error: Exception, *, encoded: bool) -> tuple[str, SubgraphError]:
    """What operators read of a fetch without an answer, and what clients do."""
    match error:
        case SubgraphTimeout():
            message, code = f'Subgraph "{service}" did not answer in time: {error}.', TIMEOUT
        case SubgraphUnreachable():
            message, code = f'Subgraph "{service}" cannot be reached: {error}.', HTTP_ERROR
        case orjson.JSONEncodeError() if not encoded:  # it is TypeError, which a transport may raise by mistake
            message, code = f'Subgraph "{service}" cannot be asked: variables are nested too deeply.', HTTP_ERROR
        case _:
            _log.error("transport of subgraph %s failed", service, exc_info=error)
            message, code = f'Subgraph "{service}" cannot be reached.', HTTP_ERROR
            return f"{type(error).__name__}: {error}", SubgraphError(message, None, {"code": code})
    return str(error), SubgraphError(message, None, {"code": code})
