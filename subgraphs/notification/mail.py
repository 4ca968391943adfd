"""Adapter to SMTP: writes a notification as an e-mail and hands it to the operator's mail server (aiosmtplib).

SMTP has no idempotency key; the Message-ID, made of the notification's id, lets servers and readers drop a repetition.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from html.parser import HTMLParser
from typing import Any, Final, Literal

import aiosmtplib

from subgraphs.kernel.settings import RoomSettings, SettingsError
from subgraphs.notification.channels import Outgoing, Undeliverable, Undelivered

_TIMEOUT_SECONDS: Final = 15.0
_POLICY: Final = SMTP_POLICY.clone(max_line_length=998)
Encryption = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail goes, and in whose name."""

    host: str
    port: int
    sender: str
    encryption: Encryption = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_room(cls, settings: RoomSettings) -> SmtpSettings | None:
        """Read ``SMTP_HOST``, ``SMTP_PORT``, ``SMTP_USER``, ``SMTP_PASSWORD``, ``SMTP_ENCRYPTION``, ``MAIL_FROM``.

        None without a host; raises SettingsError for what cannot be meant.
        """
        host = settings.variable("SMTP_HOST")
        if host is None:
            return None
        encryption = settings.variable("SMTP_ENCRYPTION", "starttls")
        if encryption not in ("none", "starttls", "tls"):
            raise SettingsError(f"NOTIFICATION_SMTP_ENCRYPTION must be none, starttls or tls, not {encryption!r}.")
        port = settings.variable("SMTP_PORT") or ("465" if encryption == "tls" else "587")
        if not port.isascii() or not port.isdigit():
            raise SettingsError(f"NOTIFICATION_SMTP_PORT must be a number, not {port!r}.")
        sender = settings.variable("MAIL_FROM")
        if sender is None:
            raise SettingsError("NOTIFICATION_MAIL_FROM is not set; it must be the address that mail is sent from.")
        user, password = settings.variable("SMTP_USER"), settings.variable("SMTP_PASSWORD")
        return cls(host, int(port), sender, encryption, user, password)  # type: ignore[arg-type]  # one of three, above


class SmtpMail:
    """One connection per message: mails are rare beside everything else, and no server likes idle clients."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> None:
        """Hand the mail to the server; a refusal of the address or the content is final, anything else is not."""
        settings = self._settings
        try:
            mail = compose(outgoing, settings.sender)
        except (ValueError, HeaderParseError) as error:
            raise Undeliverable(f"no mail can be written to this address: {error}") from error
        try:
            async with _Client(
                handing_over,
                hostname=settings.host,
                port=settings.port,
                username=settings.user,
                password=settings.password,
                use_tls=settings.encryption == "tls",
                start_tls=settings.encryption == "starttls",
                timeout=_TIMEOUT_SECONDS,
            ) as client:
                await client.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [recipient.code for recipient in refused.recipients]
            final = all(code >= 500 for code in codes)
            raise (Undeliverable if final else Undelivered)(
                f"the mail server refused the address: {codes}"
            ) from refused
        except aiosmtplib.SMTPDataError as refused:
            final = refused.code >= 500
            raise (Undeliverable if final else Undelivered)(f"the mail server refused: {refused.code}") from refused
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Undelivered(f"the mail server does not take mail: {type(error).__name__}: {error}") from error

    async def aclose(self) -> None:
        """Nothing is held open."""


class _Client(aiosmtplib.SMTP):
    """Asks before the DATA command: with sender and receiver alone the server has no mail that it could deliver."""

    def __init__(self, handing_over: Callable[[], Awaitable[None]], **options: Any) -> None:
        super().__init__(**options)
        self._handing_over = handing_over

    async def data(self, message: str | bytes, /, **options: Any) -> aiosmtplib.SMTPResponse:
        await self._handing_over()
        return await super().data(message, **options)


def compose(outgoing: Outgoing, sender: str) -> EmailMessage:
    """The mail as text and HTML; raises ValueError for an address that cannot stand in a header.

    ``=?`` begins a word in which a header may write any character, and the library would decode it, line ends too.
    """
    if "=?" in outgoing.address:
        raise ValueError("it reads as an encoded word")
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = outgoing.address
    mail["Subject"] = outgoing.title.replace("=?", "= ?")
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{outgoing.id}@{sender.rpartition('@')[2].strip('> ') or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(outgoing.message))
    mail.add_alternative(f"<!doctype html>\n<html><body>\n{outgoing.message}\n</body></html>\n", subtype="html")
    return mail


def plain_text(fragment: str) -> str:
    """What a piece of HTML says: blocks become lines, links show where they lead."""
    reader = _Text()
    reader.feed(fragment)
    reader.close()
    lines = "".join(reader.parts).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines).strip() + "\n"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "div", "li", "h1", "h2"):
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "a":
            self._targets.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._targets and (target := self._targets.pop()):
            self.parts.append(f": {target}")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
