"""Rules of accounts and sessions: roles and scopes, lifetimes, what an e-mail address or a password may be.

Pure functions and values; no clock, no I/O, no framework.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from subgraphs.kernel.refusals import Invalid, Refusal

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=10)
REFRESH_TOKEN_LIFETIME: Final = timedelta(days=30)
SESSION_LIFETIME: Final = timedelta(days=90)
"""Absolute: rotation slides the refresh token, never beyond this (D44)."""
REUSE_GRACE: Final = timedelta(seconds=10)
"""A used refresh token may mint one sibling this long, for two tabs that refresh at once."""

RESET_TOKEN_LIFETIME: Final = timedelta(minutes=30)
VERIFICATION_TOKEN_LIFETIME: Final = timedelta(hours=24)

EMAIL_MAX_LENGTH: Final = 254
PASSWORD_MIN_LENGTH: Final = 8
PASSWORD_MAX_BYTES: Final = 1024
"""Bounds the work of one hash; argon2 itself has no such limit."""
NAME_MAX_LENGTH: Final = 100
LOCALE_MAX_LENGTH: Final = 35
USER_AGENT_MAX_LENGTH: Final = 400

USER_TOKEN_PREFIX: Final = "stoa_r_"  # noqa: S105 - what tokens start with, not one
GUEST_TOKEN_PREFIX: Final = "stoa_g_"  # noqa: S105


class Role(StrEnum):
    """Role of an account; the value is the one the database stores (the source document's default is 'user')."""

    CUSTOMER = "user"
    SUPPORT = "support"
    CATALOG_MANAGER = "catalog_manager"
    FULFILMENT = "fulfilment"
    FINANCE = "finance"
    ADMIN = "admin"


SCOPES: Final = (
    "users:read",
    "users:write",
    "catalog:read",
    "catalog:write",
    "stock:write",
    "reviews:moderate",
    "orders:read",
    "orders:write",
    "payments:read",
    "payments:capture",
    "payments:refund",
    "notifications:write",
    "ops:read",
    "ops:write",
)

SCOPES_BY_ROLE: Final[dict[Role, tuple[str, ...]]] = {
    Role.CUSTOMER: (),
    Role.SUPPORT: ("users:read", "orders:read", "payments:read", "catalog:read", "reviews:moderate"),
    Role.CATALOG_MANAGER: ("catalog:read", "catalog:write", "stock:write", "reviews:moderate"),
    Role.FULFILMENT: ("orders:read", "orders:write", "catalog:read", "stock:write"),
    Role.FINANCE: ("orders:read", "payments:read", "payments:capture", "payments:refund"),
    Role.ADMIN: SCOPES,
}


class LinkKind(StrEnum):
    """What a one-time link is for; the value is what `mintLink` takes."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    CHANGE_EMAIL = "change_email"


LINK_LIFETIMES: Final = {
    LinkKind.VERIFY_EMAIL: VERIFICATION_TOKEN_LIFETIME,
    LinkKind.RESET_PASSWORD: RESET_TOKEN_LIFETIME,
    LinkKind.CHANGE_EMAIL: VERIFICATION_TOKEN_LIFETIME,
}


class LockedOut(Refusal):
    """Too many attempts; the same for accounts that exist and those that do not."""

    code = "LOCKED_OUT"
    retry_after_seconds: int

    def __init__(self, retry_after: timedelta, *, path: list[str] | None = None) -> None:
        self.retry_after_seconds = max(1, math.ceil(retry_after.total_seconds()))
        super().__init__(f"Too many attempts; try again in {self.retry_after_seconds} s.", path=path)


class Ending(StrEnum):
    """Why a session was ended before its time."""

    LOGOUT = "logout"
    REVOKED = "revoked"
    TOKEN_REUSE = "token_reuse"  # noqa: S105
    PASSWORD_CHANGE = "password_change"  # noqa: S105
    DEACTIVATED = "deactivated"
    ERASED = "erased"


# -- values -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """An account as anybody but the sign-in sees it: without its password hash."""

    id: UUID
    email: str
    is_verified: bool
    is_active: bool
    role: Role
    last_login_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device."""

    id: UUID
    user_agent: str | None
    ip: str | None
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """Where a request comes from, as far as it tells."""

    user_agent: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person gives to get an account; raw until `checked_registration`."""

    email: str
    password: str
    first_name: str
    last_name: str
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts a list shall have; None does not restrict."""

    email_prefix: str | None = None
    role: Role | None = None
    active: bool | None = None
    verified: bool | None = None


# -- rules ------------------------------------------------------------------------------------------------------------


def checked_registration(raw: Registration) -> Registration:
    """Return it as it will be stored; raise Invalid for the first field that breaks a rule."""
    email = canonical_email(raw.email, path=["input", "email"])
    check_password(raw.password, email=email, path=["input", "password"])
    return Registration(
        email=email,
        password=raw.password,
        first_name=clean_name(raw.first_name, path=["input", "firstName"]),
        last_name=clean_name(raw.last_name, path=["input", "lastName"]),
        locale=_clean_locale(raw.locale, path=["input", "locale"]),
    )


def canonical_email(raw: str, *, path: list[str]) -> str:
    """Return the address as it is stored: NFC and trimmed (D10); raise Invalid `INVALID_EMAIL`.

    Only the syntax is judged; whether mail arrives there is what verification finds out.
    """
    candidate = unicodedata.normalize("NFC", raw).strip()
    if len(candidate) > EMAIL_MAX_LENGTH:
        raise Invalid(f"An address has at most {EMAIL_MAX_LENGTH} characters.", code="INVALID_EMAIL", path=path)
    try:
        return validate_email(candidate, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as invalid:
        raise Invalid(str(invalid), code="INVALID_EMAIL", path=path) from invalid


def email_lookup_key(raw: str) -> str:
    """Return what a sign-in compares: never an error, since a malformed address is simply unknown."""
    return unicodedata.normalize("NFC", raw).strip().replace("\x00", "")[:EMAIL_MAX_LENGTH]


def check_password(password: str, *, email: str, path: list[str]) -> None:
    """Raise Invalid `WEAK_PASSWORD` unless the password is long enough, bounded and not the address itself."""
    if len(password) < PASSWORD_MIN_LENGTH:
        raise Invalid(f"A password has at least {PASSWORD_MIN_LENGTH} characters.", code="WEAK_PASSWORD", path=path)
    if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_MAX_BYTES:
        raise Invalid(f"A password has at most {PASSWORD_MAX_BYTES} bytes.", code="WEAK_PASSWORD", path=path)
    if password.casefold() == email.casefold():
        raise Invalid("A password must differ from the e-mail address.", code="WEAK_PASSWORD", path=path)


def clean_name(raw: str, *, path: list[str]) -> str:
    """Return the name trimmed, in NFC; raise Invalid `INVALID_NAME` when empty, too long or not text."""
    name = unicodedata.normalize("NFC", raw).strip()
    if not name or len(name) > NAME_MAX_LENGTH:
        raise Invalid(f"A name has 1 to {NAME_MAX_LENGTH} characters.", code="INVALID_NAME", path=path)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise Invalid("A name has no control characters.", code="INVALID_NAME", path=path)
    return name


def _clean_locale(raw: str | None, *, path: list[str]) -> str | None:
    """Return a language tag trimmed; which languages there are is the user room's business."""
    if raw is None or not raw.strip():
        return None
    locale = raw.strip()
    if len(locale) > LOCALE_MAX_LENGTH or not locale.replace("-", "").isalnum() or not locale.isascii():
        raise Invalid("A locale is a language tag like en or pt-BR.", code="INVALID_LOCALE", path=path)
    return locale


# -- tokens -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpaqueToken:
    """A 256-bit random token: `value` goes to the client once, only `digest` is ever stored (S-016)."""

    value: str
    digest: str


def mint_token(prefix: str) -> OpaqueToken:
    """Return a new random token; the prefix tells secret scanners, and us, what was found."""
    value = prefix + secrets.token_urlsafe(32)
    return OpaqueToken(value, token_digest(value))


def token_digest(value: str) -> str:
    """Return the SHA-256 of a token in hexadecimal. No salt or stretching: 256 random bits cannot be guessed."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def refresh_expiry(now: datetime, session_expires_at: datetime) -> datetime:
    """Return when a refresh token issued now ends: sliding, but not beyond its session."""
    return min(now + REFRESH_TOKEN_LIFETIME, session_expires_at)
