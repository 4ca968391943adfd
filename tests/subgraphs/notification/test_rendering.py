"""Values are escaped for the channel that their text goes to (S-044): no markup, no header, no line is made of one."""

from __future__ import annotations

from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subgraphs.notification.channels import Outgoing
from subgraphs.notification.domain import LINK, MAX_TITLE, Channel, Template, render
from subgraphs.notification.mail import compose
from subgraphs.notification.tables import DB
from tests.subgraphs.notification.telling import Shop, order, registered, shop

__all__ = ["shop"]

_PIECES = st.sampled_from(
    [
        *("<", ">", "&", '"', "'", "<script>", "</p>", "<!--", "]]>", "&lt;", "&#60;", "{{ link }}", "{{", "}}"),
        *(
            "\r\n",
            "\n",
            "\r",
            "\x00",
            "\x0b",
            "\x1b[31m",
            "\x85",
            "\u2028",
            "Bcc: all@example.com",
            "=?utf-8?q?=0a?=",
            "=?utf-8?q?=0aBcc=3a?=",
            "==??",
            " ",
            "ü",
        ),
    ]
)
VALUES = st.one_of(st.lists(_PIECES, max_size=12).map("".join), st.text(max_size=40), st.integers())
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}
SUBJECT = "About {{ name }}: {{ number }}"
PAGE = '<p>Hello <b>{{ name }}</b>,</p><p title="{{ name }}">{{ number }}</p><a href="{{ link }}">go</a>'
TEXT = "Hello {{ name }}, {{ number }}"


class Reader(HTMLParser):
    """What a browser makes of a page: everything but texts, and texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.markup: list[Any] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.markup.append((tag, [name for name, _ in attrs]))
        self.texts += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.markup.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.markup.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.markup.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.markup.append("instruction")

    def unknown_decl(self, data: str) -> None:
        self.markup.append("unknown")


def template(stored_as: Channel, subject: str | None, body: str) -> Template:
    return Template(UUID(int=1), "a.b", stored_as, subject, body, ["name", "number"], True, "en")


def shown(value: object) -> str:
    """The value as one line of text."""
    return " ".join("".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in str(value)).split())


@settings(deadline=None)
@given(name=VALUES, number=VALUES, stored_as=st.sampled_from(Channel))
@example(name="<img src=x>\r\nBcc: all@example.com", number=LINK + " ", stored_as=Channel.SMS)
@example(name="ä", number="=?utf-8?q?=0a?=Bcc: all@example.com", stored_as=Channel.EMAIL)
def test_a_mail_has_the_headers_and_markup_of_its_template_alone(
    name: object, number: object, stored_as: Channel
) -> None:
    if number == LINK or name == LINK:
        return  # the place of the link itself
    values = {"name": name, "number": number, "link": LINK}
    rendered = render(template(stored_as, SUBJECT, PAGE), Channel.EMAIL, values)
    plain = Reader(PAGE.replace("{{ name }}", "N").replace("{{ number }}", "7"))
    read = Reader(rendered.message)
    assert read.markup == plain.markup
    assert rendered.message.count(LINK) == 1
    assert " ".join("".join(read.texts).split()) == " ".join(
        "".join(["Hello ", shown(name), ",", shown(name), shown(number), LINK, "go"]).split()
    )
    outgoing = Outgoing(uuid4(), "ann@example.com", rendered.title, rendered.message)
    mail = message_from_bytes(compose(outgoing, "Stoa <shop@example.com>").as_bytes(), policy=policy.default)
    assert {header for header, _ in mail.items()} == HEADERS
    assert len(mail.items()) == len(HEADERS)
    assert str(mail["Subject"]).split() == rendered.title.replace("=?", "= ?").split()
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@settings(deadline=None)
@given(
    name=VALUES,
    number=VALUES,
    stored_as=st.sampled_from(Channel),
    channel=st.sampled_from([channel for channel in Channel if channel is not Channel.EMAIL]),
)
def test_elsewhere_a_value_is_one_line_of_text(
    name: object, number: object, stored_as: Channel, channel: Channel
) -> None:
    rendered = render(template(stored_as, SUBJECT, TEXT), channel, {"name": name, "number": number})
    assert rendered.message == f"Hello {shown(name)}, {shown(number)}"
    assert rendered.title == shown(f"About {shown(name)}: {shown(number)}")[:MAX_TITLE]


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nBcc: all@example.com",
        "a@=?utf-8?q?=0aBcc=3a=20all=40example.com?=",
        "=?utf-8?q?a=2call=40example.com?=@example.com",
    ],
)
def test_no_mail_is_written_to_an_address_that_is_more_than_one(address: str) -> None:
    with pytest.raises(ValueError, match=r"encoded word|line|CR or LF"):
        compose(Outgoing(uuid4(), address, "t", "m"), "Stoa <shop@example.com>")


@pytest.mark.parametrize("stored_as", list(Channel))
async def test_a_template_that_was_stored_as_another_type_is_escaped_for_its_channel(
    shop: Shop, stored_as: Channel
) -> None:
    await registered(shop)
    await DB.execute(
        "UPDATE notification_templates SET type = $1 WHERE name = 'order.confirmed.email'", stored_as.value
    )
    await shop.happen(order("confirmed", order_number="<img src=x>"))
    await shop.deliver()
    (mail,) = shop.post.mails
    page = mail.get_body(("html",))
    assert page is not None
    assert "&lt;img src=x&gt;" in page.get_content()
    assert "<img" not in page.get_content()
