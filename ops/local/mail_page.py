"""The page that shows the mails of the local mail server: a list, and one mail as text and as a browser shows it."""

from __future__ import annotations

import html

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ops.local.mailbox import Mail, Mailbox

__all__ = ["mail_page"]

_HEADERS = {
    # Mails are foreign text: nothing in them runs, loads or submits.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' data:",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .3rem .8rem .3rem 0 }
pre { background: #f4f2ee; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere }
iframe { width: 100%; height: 16rem; border: 1px solid #ccc }
"""


def mail_page(mailbox: Mailbox) -> Starlette:
    """The ASGI application with ``/mail`` and ``/mail/<name>``."""

    async def all_mails(request: Request) -> Response:
        return _page("Mail", _list(mailbox))

    async def one_mail(request: Request) -> Response:
        mail = mailbox.mail(request.path_params["name"])
        if mail is None:
            return _page("No such mail", "<p>There is no such mail. <a href='/mail'>All mails</a></p>", status=404)
        return _page(str(mail.message.get("Subject", "")), _detail(mail))

    async def home(request: Request) -> Response:
        return RedirectResponse("/mail")

    return Starlette(routes=[Route("/", home), Route("/mail", all_mails), Route("/mail/{name}", one_mail)])


def _list(mailbox: Mailbox) -> str:
    rows = "".join(
        f"<tr><td>{_header(mail, 'Date')}</td><td>{_header(mail, 'To')}</td>"
        f"<td><a href='/mail/{mail.name}'>{_header(mail, 'Subject') or '(no subject)'}</a></td></tr>"
        for mail in mailbox.latest()
    )
    if not rows:
        return "<p>No mail yet. Register, or ask for a new password.</p>"
    return f"<table><tr><th>Date</th><th>To</th><th>Subject</th></tr>{rows}</table>"


def _detail(mail: Mail) -> str:
    names = ("From", "To", "Date", "Message-ID")
    facts = "".join(f"<tr><th>{name}</th><td>{_header(mail, name)}</td></tr>" for name in names)
    # An empty sandbox: no script, no form, no navigation; the links stand in the text above.
    frame = f'<iframe sandbox srcdoc="{html.escape(mail.html)}"></iframe>'
    return f"<p><a href='/mail'>All mails</a></p><table>{facts}</table><pre>{html.escape(mail.text)}</pre>{frame}"


def _header(mail: Mail, name: str) -> str:
    return html.escape(str(mail.message.get(name, "")))


def _page(title: str, body: str, status: int = 200) -> Response:
    heading = html.escape(title)
    text = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{heading}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{heading}</h1>{body}</body></html>"
    )
    return HTMLResponse(text, status_code=status, headers=_HEADERS)
