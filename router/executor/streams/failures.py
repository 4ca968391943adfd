"""What clients read of a stream that could not be opened or ended badly."""

from __future__ import annotations

import logging

from router.executor.answers import HTTP_ERROR, read_error
from router.executor.errors import MAX_ERRORS, ErrorPolicy, FormattedError, format_error, listed
from router.executor.run import TIMEOUT
from router.executor.streams.protocol import StreamRefused
from router.executor.transports.protocol import SubgraphTimeout, TransportError

__all__ = ["stream_errors"]

_log = logging.getLogger(__name__)


def stream_errors(service: str, error: Exception, policy: ErrorPolicy) -> list[FormattedError]:
    """At least one error; what the subgraph said itself goes through ``policy``."""
    match error:
        case StreamRefused():
            return listed([_presented(service, one, policy) for one in error.errors[: MAX_ERRORS + 1]], MAX_ERRORS)
        case SubgraphTimeout():
            message, code = f'Subgraph "{service}" did not answer in time: {error}.', TIMEOUT
        case TransportError():
            message, code = f'The events of subgraph "{service}" ended: {error}.', HTTP_ERROR
        case _:
            _log.error("the event stream of subgraph %s failed", service, exc_info=error)
            message, code = f'The events of subgraph "{service}" ended.', HTTP_ERROR
    return [format_error(message, (), {"code": code, "service": service})]


def _presented(service: str, error: dict[str, object], policy: ErrorPolicy) -> FormattedError:
    read = read_error(error, service)
    text, shown = (
        (read.message, read.extensions) if read.own else policy.present(service, read.message, read.extensions)
    )
    return format_error(text, (), {**shown, "service": service})
