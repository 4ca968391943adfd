"""A mail server for shops that are killed: it takes everything, and remembers how often and for whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller

from tests.supergraph.conftest import free_port

_DOMAIN = "shop.example"


@dataclass
class PostOffice:
    """What has come, by the id of the notification that the Message-ID is made of."""

    port: int
    taken: Counter[UUID] = field(default_factory=Counter)
    subjects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What each address was told of."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.original_content, policy=policy.default)
        name, _, domain = str(mail["Message-ID"]).strip("<>").partition("@")
        assert domain == _DOMAIN
        self.taken[UUID(name)] += 1
        self.subjects[str(mail["To"])].append(str(mail["Subject"]))
        return "250 OK"

    def settings(self) -> dict[str, str]:
        """The variables that lead the notification service here."""
        return {
            "NOTIFICATION_SMTP_HOST": "127.0.0.1",
            "NOTIFICATION_SMTP_PORT": str(self.port),
            "NOTIFICATION_SMTP_ENCRYPTION": "none",
            "NOTIFICATION_MAIL_FROM": f"Stoa <shop@{_DOMAIN}>",
        }


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """A server on a thread of its own: it answers while a test waits for a process."""
    office = PostOffice(free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
