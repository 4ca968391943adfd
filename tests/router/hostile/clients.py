"""Clients that send whatever they are given and read what comes."""

from __future__ import annotations

import asyncio

import h11
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.router.hostile.judge import Answer, bad_close, bad_message
from tests.router.hostile.messages import Message
from tests.router.hostile.sockets import Conversation

__all__ = ["converse", "exchange"]

_PATIENCE = 60.0
_QUIET = 0.2
"""Seconds of silence after which a WebSocket has said what it has to say."""


async def exchange(port: int, message: Message) -> Answer | None:
    """Send a message on a new connection; None if it is closed without an answer."""
    async with asyncio.timeout(_PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sending = asyncio.create_task(_send(writer, message))
        try:
            return await _answer(reader, message.method)
        except ConnectionError:
            return None
        except h11.RemoteProtocolError:
            if message.is_http:
                raise
            return None
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            writer.close()


async def _send(writer: asyncio.StreamWriter, message: Message) -> None:
    for part in message.parts():
        writer.write(part)
        await writer.drain()
        if len(message.pieces) > 1:
            await asyncio.sleep(0)
    if not message.is_whole or not message.is_http:
        writer.write_eof()


async def _answer(reader: asyncio.StreamReader, method: bytes) -> Answer | None:
    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=10_000_000)
    known = method if method in (b"HEAD", b"GET") else b"POST"
    connection.send(h11.Request(method=known, target=b"/", headers=[(b"host", b"x")]))
    connection.send(h11.EndOfMessage())
    head: h11.Response | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(1 << 16)
            if not data and head is None:
                return None
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return None if head is None else Answer(head.status_code, dict(head.headers), body)


async def converse(port: int, talk: Conversation) -> list[str]:
    """What is wrong with what a WebSocket says."""
    found: list[str] = []
    url = f"ws://127.0.0.1:{port}/graphql"
    async with (
        asyncio.timeout(_PATIENCE),
        connect(url, subprotocols=[Subprotocol(talk.protocol)], compression=None, ping_interval=None) as socket,
    ):
        try:
            for message in talk.messages:
                await socket.send(message)
            if talk.raw:
                socket.transport.write(talk.raw)
            while True:
                async with asyncio.timeout(_QUIET):
                    found += bad_message(await socket.recv(decode=False))
        except TimeoutError:
            pass
        except ConnectionClosed:
            found += bad_close(None if talk.raw else socket.close_code)
    return found
