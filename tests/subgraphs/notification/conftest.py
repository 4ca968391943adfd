"""Where messages go in these tests: a real SMTP server and a real HTTP gateway on loopback, told to fail at will."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.local.serving import claim_port


@dataclass
class PostOffice:
    """An SMTP server; `replies` are given to the next mails instead of taking them.

    `on_receiver` is awaited before a receiver is answered, `on_mail` before a mail is taken.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    on_receiver: Callable[[], Awaitable[None]] | None = None
    on_mail: Callable[[], Awaitable[None]] | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.on_receiver is not None:
            await self.on_receiver()
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.replies:
            return self.replies.pop(0)
        if self.on_mail is not None:
            await self.on_mail()
        mail = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def settings(self) -> dict[str, str]:
        return {
            "NOTIFICATION_SMTP_HOST": "127.0.0.1",
            "NOTIFICATION_SMTP_PORT": str(self.port),
            "NOTIFICATION_SMTP_ENCRYPTION": "none",
            "NOTIFICATION_MAIL_FROM": "Stoa <shop@example.com>",
        }


@pytest.fixture
async def post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    claimed = claim_port("127.0.0.1", 0)
    office.port = claimed.getsockname()[1]
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(office, enable_SMTPUTF8=True, hostname="mail.test"), sock=claimed
    )
    yield office
    server.close()
    await server.wait_closed()


@dataclass
class Gateway:
    """A gateway for text or push messages; `statuses` answer the next requests, 0 hangs up."""

    port: int = 0
    taken: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer gateway secret"
        status = self.statuses.pop(0) if self.statuses else 202
        if status < 400:
            self.taken.append((request.headers["idempotency-key"], await request.json()))
        return Response(status_code=status)

    def settings(self, name: str) -> dict[str, str]:
        return {
            f"NOTIFICATION_{name}_GATEWAY": f"http://127.0.0.1:{self.port}/messages",
            f"NOTIFICATION_{name}_TOKEN": "gateway secret",
        }


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(gateway: Gateway) -> AsyncIterator[Gateway]:
    claimed = claim_port("127.0.0.1", 0)
    claimed.listen()
    gateway.port = claimed.getsockname()[1]
    app = Starlette(routes=[Route("/messages", gateway.take, methods=["POST"])])
    server = _Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
    task = asyncio.ensure_future(server.serve(sockets=[claimed]))
    yield gateway
    server.should_exit = True
    await task


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving(Gateway()) as started:
        yield started
