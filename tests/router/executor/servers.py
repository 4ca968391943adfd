"""A raw HTTP server on a real socket that answers, or misbehaves, as a script of the test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Script = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request that arrived: its head and body, and the connection to answer on."""

    def __init__(self, head: bytes, body: bytes, connection: int, number: int, writer: asyncio.StreamWriter) -> None:
        self.head = head
        self.body = body
        self.connection = connection
        """Number of the connection, from 1."""
        self.number = number
        """Number of the request on its connection, from 1."""
        self.writer = writer

    async def send(self, *parts: bytes, pause: float = 0.0) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(pause)

    async def reply(self, body: bytes, status: bytes = b"200 OK", *headers: bytes) -> None:
        lines = [b"HTTP/1.1 " + status, b"content-type: application/json", b"content-length: %d" % len(body), *headers]
        await self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.writer.transport.abort()


class Server:
    def __init__(self, script: Script) -> None:
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.open = 0
        self.url = ""
        self._script = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        connection, number = self.connections, 0
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                number += 1
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                exchange = Exchange(head, await reader.readexactly(length), connection, number, writer)
                self.exchanges.append(exchange)
                await self._script(exchange)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(
    script: Script, unix_path: str | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(script)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    if unix_path is None:
        listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
        server.url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.sockets[0].getsockname()[1]}/graphql"
    else:
        listener = await asyncio.start_unix_server(accept, unix_path)
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
