"""Rules of profiles and preferences: what they may hold and what of them is public. No I/O, no framework."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import phonenumbers

from subgraphs.kernel.money import check_currency
from subgraphs.kernel.refusals import Invalid

NAME_MAX_LENGTH: Final = 100
URL_MAX_LENGTH: Final = 2000
EARLIEST_BIRTH: Final = date(1900, 1, 1)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LANGUAGE_MAX_LENGTH: Final = 35
DEFAULT_LANGUAGE: Final = "en"


class Theme(StrEnum):
    """Appearance of the clients."""

    LIGHT = "light"
    DARK = "dark"
    SYSTEM = "system"


class Absent(Enum):
    """`ABSENT` stands for an input that was left out, which is not the same as null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Profile:
    """Personal data of an account."""

    user_id: UUID
    first_name: str
    last_name: str
    phone_number: str | None
    avatar_url: str | None
    date_of_birth: date | None
    created_at: datetime

    @property
    def display_name(self) -> str:
        """What everybody may read: the given name and the initial of the family name."""
        initial = self.last_name[:1]
        return f"{self.first_name} {initial}." if initial else self.first_name


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """New values of a profile; ABSENT leaves one as it is, None clears it where that is possible."""

    first_name: str | Absent | None = ABSENT
    last_name: str | Absent | None = ABSENT
    phone_number: str | Absent | None = ABSENT
    avatar_url: str | Absent | None = ABSENT
    date_of_birth: date | Absent | None = ABSENT


@dataclass(frozen=True, slots=True)
class Preferences:
    """How an account wants to be written to and shown the shop."""

    email_notifications: bool = True
    sms_notifications: bool = False
    push_notifications: bool = True
    currency: str = "USD"
    language: str = DEFAULT_LANGUAGE
    theme: Theme = field(default=Theme.LIGHT)

    def facts(self, user_id: UUID) -> Mapping[str, Any]:
        """Payload of the event `preferences.updated`: the whole state, so that the last one is enough."""
        return {
            "user_id": str(user_id),
            "email_notifications": self.email_notifications,
            "sms_notifications": self.sms_notifications,
            "push_notifications": self.push_notifications,
            "currency": self.currency,
            "language": self.language,
            "theme": self.theme.value,
        }


@dataclass(frozen=True, slots=True)
class PreferencesChange:
    """New values of preferences; None leaves one as it is."""

    email_notifications: bool | None = None
    sms_notifications: bool | None = None
    push_notifications: bool | None = None
    currency: str | None = None
    language: str | None = None
    theme: Theme | None = None


def changed_profile(profile: Profile, change: ProfileChange, *, today: date) -> Profile:
    """Return the profile after the change; raise Invalid for the first value that breaks a rule."""
    if change.first_name is not ABSENT:
        profile = replace(profile, first_name=clean_name(change.first_name, path=["input", "firstName"]))
    if change.last_name is not ABSENT:
        profile = replace(profile, last_name=clean_name(change.last_name, path=["input", "lastName"]))
    if change.phone_number is not ABSENT:
        profile = replace(profile, phone_number=e164(change.phone_number, None, path=["input", "phoneNumber"]))
    if change.avatar_url is not ABSENT:
        profile = replace(profile, avatar_url=https_url(change.avatar_url, path=["input", "avatarUrl"]))
    if change.date_of_birth is not ABSENT:
        profile = replace(profile, date_of_birth=past_date(change.date_of_birth, today, path=["input", "dateOfBirth"]))
    return profile


def checked_preferences(change: PreferencesChange) -> PreferencesChange:
    """Return the change with its values in normal form; raise Invalid for an unsupported one."""
    if change.currency is not None:
        check_currency(change.currency, path=["input", "currency"])
    if change.language is not None:
        change = replace(change, language=language_tag(change.language, path=["input", "language"]))
    return change


def clean_name(raw: str | None, *, path: list[str]) -> str:
    """Return the name trimmed, in NFC; raise Invalid `INVALID_NAME` when there is none or it is not text."""
    name = clean_text(raw or "", NAME_MAX_LENGTH, path=path)
    if not name:
        raise Invalid(f"A name has 1 to {NAME_MAX_LENGTH} characters.", code="INVALID_NAME", path=path)
    return name


def clean_text(raw: str, limit: int, *, path: list[str]) -> str:
    """Return one line of text trimmed, in NFC; raise Invalid `INVALID_TEXT` beyond the limit or with control codes."""
    text = unicodedata.normalize("NFC", raw).strip()
    if len(text) > limit:
        raise Invalid(f"This has at most {limit} characters.", code="INVALID_TEXT", path=path)
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise Invalid("This is one line without control characters.", code="INVALID_TEXT", path=path)
    return text


def e164(raw: str | None, region: str | None, *, path: list[str]) -> str | None:
    """Return a phone number in E.164; a national number needs the region it is dialled in.

    None and blank give None. Raises Invalid `INVALID_PHONE_NUMBER`.
    """
    if raw is None or not raw.strip():
        return None
    try:
        number = phonenumbers.parse(raw[:60], region)
    except phonenumbers.NumberParseException as error:
        message = "A phone number is written with its country code, like +44 20 7946 0958."
        raise Invalid(message, code="INVALID_PHONE_NUMBER", path=path) from error
    if not phonenumbers.is_valid_number(number):
        raise Invalid("There is no such phone number.", code="INVALID_PHONE_NUMBER", path=path)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def https_url(raw: str | None, *, path: list[str]) -> str | None:
    """Return the address of a picture; None and blank give None. Raises Invalid `INVALID_URL` unless plain https."""
    if raw is None or not raw.strip():
        return None
    url = raw.strip()
    wrong = Invalid("A picture has an https address.", code="INVALID_URL", path=path)
    if len(url) > URL_MAX_LENGTH or any(character.isspace() or not character.isprintable() for character in url):
        raise wrong
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise wrong from None
    if parts.scheme != "https" or not host or parts.username is not None:
        raise wrong
    return url


def past_date(value: date | None, today: date, *, path: list[str]) -> date | None:
    """Return a birthday; raise Invalid `INVALID_DATE_OF_BIRTH` unless it lies in the past and after 1900."""
    if value is not None and not EARLIEST_BIRTH <= value < today:
        raise Invalid("A date of birth lies in the past.", code="INVALID_DATE_OF_BIRTH", path=path)
    return value


def language_tag(raw: str, *, path: list[str]) -> str:
    """Return a BCP 47 tag in its usual case (pt-BR, zh-Hant); raise Invalid `INVALID_LANGUAGE` (D13)."""
    tag = raw.strip()
    if len(tag) > _LANGUAGE_MAX_LENGTH or not _LANGUAGE.fullmatch(tag):
        raise Invalid("A language is a BCP 47 tag like en or pt-BR.", code="INVALID_LANGUAGE", path=path)
    first, *others = tag.split("-")
    return "-".join([first.lower(), *map(_subtag, others)])


def _subtag(part: str) -> str:
    if len(part) == 2 and part.isalpha():
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()
