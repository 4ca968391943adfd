"""Clients that do not read: their own subscription ends, those of the others go on, and nothing piles up."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest

from router.gateway import stalled_writes
from router.gateway.config import SubscriptionsConfig
from tests.router.gateway.subscriptions.births import BORN, Client, Running, router

BIG = "x" * 20_000


def _event(number: int, name: str) -> str:
    payload = {"data": {"born": {"__typename": "Person", "id": str(number), "name": name}}}
    return orjson.dumps({"id": "1", "type": "next", "payload": payload}).decode()


async def tell_much(running: Running, number: int) -> None:
    """An event of 20 KB: soon more than sockets hold."""
    for follower in running.births.followers:
        follower.put_nowait(_event(number, BIG))


async def test_one_of_two_hundred_does_not_read() -> None:
    settings = SubscriptionsConfig(slow_client_seconds=0.5, buffered_events=8, per_connection=200)
    query = "subscription { born { id name } }"
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(router(subscriptions=settings))
        clients: list[Client] = []
        for number in range(20):
            client = await stack.enter_async_context(running.socket())
            clients.append(client)
            for each in range(10):
                await client.subscribe(BORN, f"{number}-{each}")
        await running.births.until_followed(200)
        slow = await _deaf_socket(running.port, query)
        await running.births.until_followed(201)
        others, last = running.births.followers[:-1], running.births.followers[-1]
        for number in range(10):
            for _ in range(30):
                last.put_nowait(_event(number, BIG))
            for follower in others:
                follower.put_nowait(_event(number, "small"))
            for client in clients:
                heard = [await client.hear() for _ in range(10)]
                assert {message["payload"]["data"]["born"]["id"] for message in heard} == {str(number)}
        await running.births.until_left(200)  # the slow one was given up
        await running.births.tell("1")
        for client in clients:
            assert len([await client.hear() for _ in range(10)]) == 10
        slow.close()


async def test_who_reads_again_is_told_why_it_ended() -> None:
    settings = SubscriptionsConfig(slow_client_seconds=0.3, buffered_events=4)
    async with router(subscriptions=settings) as running:
        deaf = await _deaf_socket(running.port, "subscription { born { name } }")
        await running.births.until_followed()
        for number in range(300):
            await tell_much(running, number)
        await running.births.until_left()
        text = await asyncio.to_thread(_read_all, deaf)
        assert b"SUBSCRIPTION_CLIENT_TOO_SLOW" in text
        deaf.close()


async def test_who_takes_nothing_at_all_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalled_writes, "_MAX_STALL_SECONDS", 0.3)
    async with router(subscriptions=SubscriptionsConfig(slow_client_seconds=60)) as running:
        for open_ in (_deaf_socket, _deaf_stream):
            deaf = await open_(running.port, "subscription { born { name } }")
            await running.births.until_followed()
            for number in range(300):
                await tell_much(running, number)
            await running.births.until_left()
            assert len(running.app.subscriptions) == 0
            deaf.close()


def _connected(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    made.settimeout(20)
    return made


async def _deaf_socket(port: int, query: str) -> socket.socket:
    """A WebSocket that subscribes and never reads on."""
    return await asyncio.to_thread(_open_websocket, port, query)


def _open_websocket(port: int, query: str) -> socket.socket:
    made = _connected(port)
    made.sendall(
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    while b"\r\n\r\n" not in made.recv(4096):
        pass
    for message in (
        {"type": "connection_init"},
        {"id": "1", "type": "subscribe", "payload": {"query": query}},
    ):
        made.sendall(_frame(orjson.dumps(message)))
    return made


async def _deaf_stream(port: int, query: str) -> socket.socket:
    """The same over server-sent events."""
    body = orjson.dumps({"query": query})
    head = (
        b"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n" % len(body)
    )
    made = await asyncio.to_thread(_connected, port)
    made.sendall(head + body)
    return made


def _frame(text: bytes) -> bytes:
    """A masked text frame of less than 126 bytes (RFC 6455 §5.2), the mask being zero."""
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text


def _read_all(made: socket.socket) -> bytes:
    made.settimeout(2)
    found: list[Any] = []
    try:
        while part := made.recv(1 << 16):
            found.append(part)
            if b"SUBSCRIPTION_CLIENT_TOO_SLOW" in b"".join(found[-2:]):
                break
    except TimeoutError:
        pass
    return b"".join(found)
