"""Rules of notifying: channels, templates and their rendering. No I/O, no framework."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from subgraphs.kernel.refusals import Invalid

MAX_TITLE = 255
MAX_BODY = 20_000
MAX_NAME = 100
MAX_VARIABLES = 100
DEFAULT_LOCALE = "en"
MANDATORY_CATEGORIES = frozenset({"account"})  # security matters: an e-mail goes out whatever the preferences say
LINK = "{{ link }}"
"""Stands in a stored message for its one-time link, which is made when the message is sent and never stored."""

_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)*")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Channel(Enum):
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    IN_APP = "in_app"


_CHANNELS = frozenset(channel.value for channel in Channel)
_NAMING = "A template is named like order.confirmed.email, or order.confirmed.email.pt-BR in another locale."


class ReadStatus(Enum):
    UNREAD = "unread"
    READ = "read"


class Priority(Enum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class DeliveryStatus(Enum):
    SENT = "sent"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Notification:
    id: UUID
    user_id: UUID
    type: Channel
    category: str
    title: str
    message: str
    status: ReadStatus
    priority: Priority
    data: Mapping[str, Any] | None
    read_at: dt.datetime | None
    created_at: dt.datetime
    order_id: UUID | None


@dataclass(frozen=True, slots=True)
class Delivery:
    status: DeliveryStatus
    error_message: str | None
    sent_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user wants to be told by; the defaults of someone who never chose (S-024)."""

    email: bool = True
    sms: bool = False
    push: bool = True


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is known of a user; nothing yet of one whose registration has not arrived."""

    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    locale: str = DEFAULT_LOCALE
    preferences: Preferences = Preferences()
    active: bool = True
    erased: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    event_id: UUID
    event_type: str
    error: str
    attempts: int


# -- channels ----------------------------------------------------------------------------------------------------------


def effective_channels(category: str, preferences: Preferences) -> list[Channel]:
    """The channels that a notification of this category uses; the inbox always."""
    wanted = [Channel.IN_APP]
    if preferences.email or category in MANDATORY_CATEGORIES:
        wanted.append(Channel.EMAIL)
    if preferences.sms:
        wanted.append(Channel.SMS)
    if preferences.push:
        wanted.append(Channel.PUSH)
    return wanted


# -- templates ---------------------------------------------------------------------------------------------------------


class TemplateMissingError(Exception):
    """No template exists for an event that must be told."""


@dataclass(frozen=True, slots=True)
class Template:
    id: UUID
    name: str
    type: Channel
    subject: str | None
    body: str
    variables: Sequence[str]
    active: bool
    locale: str


@dataclass(frozen=True, slots=True)
class Rendered:
    title: str
    message: str


def template_names(event_type: str, channel: Channel, locale: str) -> tuple[str, ...]:
    """Names to look for, best first: the locale, its language, the default."""
    name = f"{event_type}.{channel.value}"
    language = locale.partition("-")[0]
    return tuple(dict.fromkeys((f"{name}.{locale}", f"{name}.{language}", name)))


def named_for(name: str) -> tuple[Channel, str] | None:
    """The channel and the locale that a template of this name is for; None for a name that no event asks for."""
    parts = name.split(".")
    for at, locale in ((len(parts) - 1, DEFAULT_LOCALE), (len(parts) - 2, parts[-1])):
        if at > 0 and parts[at] in _CHANNELS:
            return Channel(parts[at]), locale
    return None


def render(template: Template, channel: Channel, values: Mapping[str, Any]) -> Rendered:
    """Title and message as ``channel`` takes them, whatever the template is stored as: a mail's is HTML (S-044).

    No value brings markup or a second line along. Raises Invalid ``TEMPLATE_VARIABLE_MISSING`` before anything is
    rendered by half.
    """
    missing = sorted(name for name in template.variables if values.get(name) is None)
    if missing:
        raise Invalid(
            f"{template.name} needs {', '.join(missing)}.",
            code="TEMPLATE_VARIABLE_MISSING",
            path=["variables", missing[0]],
        )
    title = _one_line(_fill(template.subject or "", values, _one_line))
    message = _fill(template.body, values, _as_html if channel is Channel.EMAIL else _one_line)
    return Rendered(title[:MAX_TITLE], message)


def _fill(text: str, values: Mapping[str, Any], write: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(lambda match: write(str(values[match.group(1)])), text)


def _one_line(value: str) -> str:
    """Without what could begin a header or a line of its own."""
    return " ".join(_CONTROLS.sub(" ", value).split())


def _as_html(value: str) -> str:
    """As text in HTML or in a quoted attribute; only a value that is the link's place becomes the link."""
    return value if value == LINK else html.escape(_one_line(value)).replace("{", "&#123;")


def is_template_name(name: str) -> bool:
    """Whether a template may have this name."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def check_template(
    *, name: str, channel: Channel, locale: str, subject: str | None, body: str, variables: Sequence[str]
) -> None:
    """Raises Invalid, with the path of a TemplateInput, when the template could ever be rendered wrongly."""
    _check_naming(name, channel, locale)
    if not body.strip() or len(body) > MAX_BODY or "\x00" in body:
        raise _bad_template(
            "body", "TEMPLATE_BODY_INVALID", f"A body has 1 to {MAX_BODY} characters, none of them NUL."
        )
    if subject is not None and (len(subject) > MAX_TITLE or _CONTROLS.search(subject)):
        message = f"A subject is one line of at most {MAX_TITLE} characters."
        raise _bad_template("subject", "TEMPLATE_SUBJECT_INVALID", message)
    if len(variables) > MAX_VARIABLES:
        message = f"A template has at most {MAX_VARIABLES} variables."
        raise _bad_template("variables", "TOO_MANY_VARIABLES", message)
    if not all(len(name) <= MAX_NAME and _VARIABLE.fullmatch(name) for name in variables):
        raise _bad_template("variables", "VARIABLE_NAME_INVALID", "A variable is named like first_name.")
    for part, text in (("subject", subject or ""), ("body", body)):
        if _BRACES.search(_PLACEHOLDER.sub("", text)):
            raise _bad_template(part, "TEMPLATE_SYNTAX", "A variable is written {{ like_this }}.")
        undeclared = sorted(set(_PLACEHOLDER.findall(text)) - set(variables))
        if undeclared:
            raise _bad_template(part, "TEMPLATE_VARIABLE_UNDECLARED", f"{undeclared[0]} is not declared.")


def _check_naming(name: str, channel: Channel, locale: str) -> None:
    """A template is found by its name: one that says otherwise would be sent to others than it is meant for."""
    named = named_for(name) if is_template_name(name) else None
    if named is None:
        raise _bad_template("name", "TEMPLATE_NAME_INVALID", _NAMING)
    if len(locale) > 35 or not _LOCALE.fullmatch(locale):
        raise _bad_template("locale", "LOCALE_INVALID", "A locale is a BCP 47 tag like pt-BR.")
    if channel is not named[0]:
        raise _bad_template("type", "TEMPLATE_TYPE_MISMATCH", f"A template of this name is of type {named[0].name}.")
    if locale != named[1]:
        raise _bad_template("locale", "TEMPLATE_LOCALE_MISMATCH", f"A template of this name is of locale {named[1]}.")


def _bad_template(part: str, code: str, message: str) -> Invalid:
    return Invalid(message, code=code, path=["input", part])
