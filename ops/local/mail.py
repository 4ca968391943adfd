"""The local mail server: takes every mail that the shop sends, delivers none, and shows them on a page.

For one machine and for tests. It is not started when the environment names a mail server (``NOTIFICATION_SMTP_HOST``).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP

from ops.local.errors import StartError
from ops.local.mail_page import mail_page
from ops.local.mailbox import Mailbox
from ops.local.serving import claim_port

__all__ = ["mail_server"]

_LOOPBACK = "127.0.0.1"
_MAX_BYTES = 1_000_000
_SENDER = "Stoa <shop@stoa.localhost>"


@contextmanager
def mail_server(directory: Path, environ: Mapping[str, str], page_port: int) -> Iterator[dict[str, str]]:
    """Run it on loopback and give the variables that lead the services to it; nothing when there is another one.

    The page is at ``page_port``, or at any free port when somebody else has that.
    """
    if environ.get("NOTIFICATION_SMTP_HOST") or environ.get("SMTP_HOST"):
        yield {}
        return
    smtp, page = _listening(0), _page_socket(page_port)
    with _running(Mailbox(directory), smtp, page):
        yield {
            "NOTIFICATION_SMTP_HOST": _LOOPBACK,
            "NOTIFICATION_SMTP_PORT": str(smtp.getsockname()[1]),
            "NOTIFICATION_SMTP_ENCRYPTION": "none",
            "NOTIFICATION_MAIL_FROM": environ.get("NOTIFICATION_MAIL_FROM") or _SENDER,
            "STOA_MAIL_PAGE": f"http://{_LOOPBACK}:{page.getsockname()[1]}/mail",
        }


def _page_socket(port: int) -> socket.socket:
    try:
        return _listening(port)
    except StartError:
        return _listening(0)


def _listening(port: int) -> socket.socket:
    """A socket that connections wait at from now on; two may bind a port, but only one gets to listen."""
    claimed = claim_port(_LOOPBACK, port)
    try:
        claimed.listen()
    except OSError as error:
        claimed.close()
        raise StartError(f"Port {port} on {_LOOPBACK} cannot be used ({error.strerror}).") from error
    return claimed


@contextmanager
def _running(mailbox: Mailbox, smtp: socket.socket, page: socket.socket) -> Iterator[None]:
    """Both servers on a thread and an event loop of their own: the shop's must not wait for a mail page."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(mailbox, smtp, page, stop),), daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _serve(mailbox: Mailbox, smtp: socket.socket, page: socket.socket, stop: asyncio.Event) -> None:
    def connection() -> Any:
        return SMTP(mailbox, data_size_limit=_MAX_BYTES, enable_SMTPUTF8=True, hostname="mail.stoa.localhost")

    smtp_server = await asyncio.get_running_loop().create_server(connection, sock=smtp)
    config = uvicorn.Config(mail_page(mailbox), lifespan="off", log_config=None, access_log=False, loop="none")
    page_server = _PageServer(config)
    serving = asyncio.ensure_future(page_server.serve(sockets=[page]))
    await stop.wait()
    page_server.should_exit = True
    smtp_server.close()
    await smtp_server.wait_closed()
    await serving


class _PageServer(uvicorn.Server):
    """Leaves signals to the main thread."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
