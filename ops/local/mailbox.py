"""Mails in a directory, one file each: what the local mail server took, as it was sent."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

__all__ = ["Mail", "Mailbox"]

_KEPT = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail and the name it is kept under."""

    name: str
    message: EmailMessage

    @property
    def text(self) -> str:
        """The part for reading as it is."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The part for a browser."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class Mailbox:
    """An aiosmtpd handler that keeps the newest five hundred mails.

    A mail with the Message-ID of an earlier one takes its place, as in any mailbox.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep it; called by the server for each mail."""
        content: bytes = envelope.original_content
        message_id = str(message_from_bytes(content, policy=policy.default).get("Message-ID") or content)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.directory / f"{hashlib.sha256(message_id.encode(errors='replace')).hexdigest()[:32]}.eml"
        partial = file.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(file)
        for old in self._files()[_KEPT:]:
            old.unlink(missing_ok=True)
        return "250 Taken, and shown to whoever started the shop"

    def latest(self, count: int = 100) -> Sequence[Mail]:
        """The newest mails, newest first."""
        return [found for file in self._files()[:count] if (found := self.mail(file.stem)) is not None]

    def mail(self, name: str) -> Mail | None:
        """The mail of this name."""
        if not name.isalnum():
            return None
        try:
            content = (self.directory / f"{name}.eml").read_bytes()
        except OSError:
            return None
        message = message_from_bytes(content, policy=policy.default)
        return Mail(name, message) if isinstance(message, EmailMessage) else None

    def _files(self) -> list[Path]:
        if not self.directory.is_dir():
            return []
        entries = os.scandir(self.directory)
        times = [(-entry.stat().st_mtime_ns, entry.name) for entry in entries if entry.name.endswith(".eml")]
        return [self.directory / name for _, name in sorted(times)]
