"""Rules of notifying: channels, templates and their rendering. No I/O, no framework."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Mapping, Sequence
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


class Channel(Enum):
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    IN_APP = "in_app"


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


def render(template: Template, values: Mapping[str, Any]) -> Rendered:
    """Title and message; raises Invalid ``TEMPLATE_VARIABLE_MISSING`` before anything is rendered by half."""
    missing = sorted(name for name in template.variables if values.get(name) is None)
    if missing:
        raise Invalid(
            f"{template.name} needs {', '.join(missing)}.",
            code="TEMPLATE_VARIABLE_MISSING",
            path=["variables", missing[0]],
        )
    title = _fill(template.subject or "", values, escape=False)
    message = _fill(template.body, values, escape=template.type is Channel.EMAIL)
    return Rendered(title[:MAX_TITLE], message)


def _fill(text: str, values: Mapping[str, Any], *, escape: bool) -> str:
    def value_of(match: re.Match[str]) -> str:
        value = str(values[match.group(1)])
        return html.escape(value) if escape else " ".join(value.split())

    return _PLACEHOLDER.sub(value_of, text)


def is_template_name(name: str) -> bool:
    """Whether a template may have this name."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def check_template(*, name: str, locale: str, subject: str | None, body: str, variables: Sequence[str]) -> None:
    """Raises Invalid, with the path of a TemplateInput, when the template could ever be rendered wrongly."""
    if not is_template_name(name):
        raise _bad_template("name", "TEMPLATE_NAME_INVALID", "A template is named like order.confirmed.email.")
    if len(locale) > 35 or not _LOCALE.fullmatch(locale):
        raise _bad_template("locale", "LOCALE_INVALID", "A locale is a BCP 47 tag like pt-BR.")
    if not body.strip() or len(body) > MAX_BODY or "\x00" in body:
        raise _bad_template(
            "body", "TEMPLATE_BODY_INVALID", f"A body has 1 to {MAX_BODY} characters, none of them NUL."
        )
    if subject is not None and (len(subject) > MAX_TITLE or "\x00" in subject):
        message = f"A subject has at most {MAX_TITLE} characters, none of them NUL."
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


def _bad_template(part: str, code: str, message: str) -> Invalid:
    return Invalid(message, code=code, path=["input", part])
