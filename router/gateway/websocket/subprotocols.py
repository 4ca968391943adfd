"""Two subprotocols with the same grammar and other words: what is read, and how answers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import orjson

from router.gateway.parameters import is_too_deep
from router.gateway.subscriptions import StreamFormat

__all__ = ["SUBPROTOCOLS", "Kind", "Message", "Subprotocol", "read"]

_MAX_ID_LENGTH = 256


class Kind(Enum):
    """What a client can say."""

    INIT = auto()
    PING = auto()
    PONG = auto()
    START = auto()
    STOP = auto()
    TERMINATE = auto()


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client. ``id`` is empty in those about the connection."""

    kind: Kind
    id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Subprotocol:
    """The words of one subprotocol."""

    stream: StreamFormat
    kinds: Mapping[str, Kind]
    event: bytes
    """Type of the message that carries a response."""
    lists_errors: bool
    """Whether an ``error`` message carries all errors or the first."""
    answers_stop: bool
    """Whether a client that stops an operation waits for its ``complete``."""
    replaces_operations: bool
    """Whether an id in use ends the earlier operation instead of the connection."""
    has_heartbeat: bool

    @property
    def name(self) -> str:
        return self.stream.value

    def next(self, id_: str, response: bytes) -> str:
        return self._message(self.event, id_, response)

    def error(self, id_: str, errors: Sequence[Mapping[str, Any]]) -> str:
        """The operation ends here."""
        return self._message(b"error", id_, orjson.dumps(errors if self.lists_errors else errors[0]))

    def complete(self, id_: str) -> str:
        return orjson.dumps({"id": id_, "type": "complete"}).decode()

    def _message(self, type_: bytes, id_: str, payload: bytes) -> str:
        return (b'{"id":%b,"type":"%b","payload":%b}' % (orjson.dumps(id_), type_, payload)).decode()


SUBPROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Subprotocol(
            StreamFormat.TRANSPORT_WS,
            {
                "connection_init": Kind.INIT,
                "ping": Kind.PING,
                "pong": Kind.PONG,
                "subscribe": Kind.START,
                "complete": Kind.STOP,
            },
            event=b"next",
            lists_errors=True,
            answers_stop=False,
            replaces_operations=False,
            has_heartbeat=False,
        ),
        Subprotocol(
            StreamFormat.LEGACY_WS,
            {
                "connection_init": Kind.INIT,
                "start": Kind.START,
                "stop": Kind.STOP,
                "connection_terminate": Kind.TERMINATE,
            },
            event=b"data",
            lists_errors=False,
            answers_stop=True,
            replaces_operations=True,
            has_heartbeat=True,
        ),
    )
}


def read(protocol: Subprotocol, text: str | None) -> Message | None:
    """The message in ``text``; None when it is none of this subprotocol."""
    if text is None:
        return None
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(message, dict):
        return None
    type_ = message.get("type")
    kind = protocol.kinds.get(type_) if isinstance(type_, str) else None
    if kind is None:
        return None
    id_, payload = message.get("id", ""), message.get("payload")
    if kind in (Kind.START, Kind.STOP):
        if not isinstance(id_, str) or not 0 < len(id_) <= _MAX_ID_LENGTH:
            return None
        if kind is Kind.START and not isinstance(payload, dict):
            return None
    elif payload is not None and (not isinstance(payload, dict) or is_too_deep(payload)):
        return None
    return Message(kind, id_ if isinstance(id_, str) else "", payload)
