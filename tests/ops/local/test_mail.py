"""The local mail server: takes mail over SMTP, keeps it, and shows it on a page on which nothing of a mail can run."""

from __future__ import annotations

import asyncio
import os
import smtplib
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from ops.local.mail import mail_server
from ops.local.mailbox import Mailbox
from tests.supergraph.conftest import free_port


def mail(message_id: str, subject: str = "Hello", page: str = "<p>Hi</p>") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "shop@example.com", "ann@example.com", subject
    made["Message-ID"] = message_id
    made.set_content("Hi")
    made.add_alternative(page, subtype="html")
    return made


def test_what_is_sent_is_kept_and_shown(tmp_path: Path) -> None:
    with mail_server(tmp_path / "mail", {}, free_port()) as settings:
        host, port = settings["NOTIFICATION_SMTP_HOST"], int(settings["NOTIFICATION_SMTP_PORT"])
        with smtplib.SMTP(host, port, timeout=10) as smtp:
            smtp.send_message(mail("<1@x>", subject="<b>First</b>", page="<script>alert(1)</script>"))
            smtp.send_message(mail("<2@x>", subject="Second"))
            smtp.send_message(mail("<2@x>", subject="Second again"))
        page = settings["STOA_MAIL_PAGE"]
        listed = httpx.get(page)
        assert [found.message["Subject"] for found in Mailbox(tmp_path / "mail").latest()] == [
            "Second again",
            "<b>First</b>",
        ]
        assert "Second again" in listed.text
        assert "&lt;b&gt;First" in listed.text
        assert "<b>First" not in listed.text
        first = next(found for found in Mailbox(tmp_path / "mail").latest() if "First" in found.message["Subject"])
        shown = httpx.get(f"{page}/{first.name}")
        assert "<script>" not in shown.text
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        for name in ("nothing", "..%2f..%2fpasswords", "x" * 5000):
            assert httpx.get(f"{page}/{name}").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(page)


def test_a_taken_page_port_moves_the_page(tmp_path: Path) -> None:
    port = free_port()
    with mail_server(tmp_path / "a", {}, port) as first, mail_server(tmp_path / "b", {}, port) as second:
        assert first["STOA_MAIL_PAGE"] == f"http://127.0.0.1:{port}/mail"
        assert second["STOA_MAIL_PAGE"] != first["STOA_MAIL_PAGE"]
        assert httpx.get(second["STOA_MAIL_PAGE"]).status_code == 200


def test_the_operators_own_mail_server_is_used(tmp_path: Path) -> None:
    with mail_server(tmp_path / "mail", {"NOTIFICATION_SMTP_HOST": "mail.example.com"}, free_port()) as settings:
        assert settings == {}


def test_the_oldest_mails_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.local.mailbox._KEPT", 3)
    box = Mailbox(tmp_path)

    class Envelope:
        original_content = b""

    for n in range(5):
        Envelope.original_content = mail(f"<{n}@x>", subject=str(n)).as_bytes()
        asyncio.run(box.handle_DATA(None, None, Envelope))
        for file in tmp_path.glob("*.eml"):
            os.utime(file, ns=(n, file.stat().st_mtime_ns - 1_000_000))
    assert [found.message["Subject"] for found in box.latest()] == ["4", "3", "2"]
