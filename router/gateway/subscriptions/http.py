"""Delivery over an HTTP answer that stays open: server-sent events, or Apollo's multipart subscription protocol 1.0."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import orjson
from starlette.types import Receive, Send

from router.executor import Response
from router.gateway import event_stream, multipart
from router.gateway.config import SubscriptionsConfig
from router.gateway.subscriptions.endings import CLIENT_LEFT, Ending
from router.gateway.subscriptions.formats import StreamFormat
from router.gateway.subscriptions.registry import Subscriptions
from router.gateway.subscriptions.subscription import Subscription

__all__ = ["deliver"]


class _Framing(Protocol):
    content_type: bytes
    opening: bytes
    heartbeat: bytes

    def event(self, json: bytes) -> bytes: ...

    def end(self, ending: Ending) -> bytes: ...


class _ServerSentEvents:
    content_type = event_stream.CONTENT_TYPE
    opening = event_stream.HEARTBEAT
    heartbeat = event_stream.HEARTBEAT

    def event(self, json: bytes) -> bytes:
        return event_stream.next_event(json)

    def end(self, ending: Ending) -> bytes:
        """An error is a last event: the protocol has no other place for it."""
        last = event_stream.next_event(orjson.dumps({"errors": ending.errors})) if ending.errors else b""
        return last + event_stream.COMPLETE


class _Multipart:
    content_type = multipart.content_type(b"subscriptionSpec=1.0")
    opening = multipart.OPEN
    heartbeat = multipart.part(b"{}")

    def event(self, json: bytes) -> bytes:
        return multipart.part(b'{"payload":' + json + b"}")

    def end(self, ending: Ending) -> bytes:
        """Errors beside ``payload`` are those of the transport: the client subscribes again."""
        last = multipart.part(orjson.dumps({"payload": None, "errors": ending.errors})) if ending.errors else b""
        return last + multipart.CLOSE


_FRAMINGS: dict[StreamFormat, _Framing] = {
    StreamFormat.SSE: _ServerSentEvents(),
    StreamFormat.MULTIPART: _Multipart(),
}


async def deliver(
    subscription: Subscription,
    stream: StreamFormat,
    subscriptions: Subscriptions,
    config: SubscriptionsConfig,
    receive: Receive,
    send: Send,
    headers: Sequence[tuple[bytes, bytes]],
    *,
    is_head: bool,
) -> None:
    """Send the whole answer, of a HEAD its headers; returns when the stream has ended or its client has gone.

    The status is 200 whatever follows: why a stream ends is told in its last message.
    """
    framing = _FRAMINGS[stream]
    every = config.sse_heartbeat if stream is StreamFormat.SSE else config.multipart_heartbeat
    leaving = asyncio.create_task(_until_gone(receive, subscription))
    try:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", framing.content_type), *headers],
            }
        )
        if is_head:
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.body", "body": framing.opening, "more_body": True})
        while not isinstance(taken := await subscription.take(every), Ending):
            chunk = framing.heartbeat if taken is None else _event(framing, subscriptions, subscription, taken)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if taken is not CLIENT_LEFT:
            await send({"type": "http.response.body", "body": framing.end(taken)})
    except OSError:
        pass  # the client was gone when something was sent: ASGI's way to say so
    finally:
        leaving.cancel()
        await subscriptions.close(subscription)


def _event(framing: _Framing, subscriptions: Subscriptions, subscription: Subscription, response: Response) -> bytes:
    subscriptions.sent(subscription, response)
    return framing.event(response.to_bytes())


async def _until_gone(receive: Receive, subscription: Subscription) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.end(CLIENT_LEFT)
