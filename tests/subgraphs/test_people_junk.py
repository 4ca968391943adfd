"""Junk in every argument of every mutation of auth, user and notification: a typed answer, and nothing changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from subgraphs.auth import app as auth_app
from subgraphs.auth.domain import SCOPES
from subgraphs.auth.passwords import Passwords
from subgraphs.kernel.identity import generate_key
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.junk import assert_junk_changes_nothing

WHO = UUID(int=7)
OTHER = str(UUID(int=8))
ADDRESS = {
    "type": "SHIPPING",
    "recipient": "A",
    "street": "S 1",
    "street2": "x",
    "city": "Berlin",
    "state": "",
    "zipCode": "10115",
    "country": "DE",
    "phone": "+493012345678",
    "isDefault": True,
}
TEMPLATE = {"name": "a.b", "type": "SMS", "locale": "en", "subject": "s", "body": "b", "variables": ["x"]}
EXAMPLES: dict[str, dict[str, dict[str, Any]]] = {
    "auth": {
        "register": {
            "input": {
                "email": "a@x.io",
                "password": "long enough",
                "firstName": "A",
                "lastName": "B",
                "locale": "en",
                "guestToken": "x",
            }
        },
        "createGuestSession": {},
        "login": {"email": "a@x.io", "password": "long enough", "guestToken": "x"},
        "refreshToken": {"refreshToken": "x"},
        "logout": {},
        "logoutEverywhere": {},
        "revokeSession": {"id": OTHER},
        "verifyEmail": {"token": "x"},
        "resendVerificationEmail": {"email": "a@x.io"},
        "requestPasswordReset": {"email": "a@x.io"},
        "resetPassword": {"token": "x", "newPassword": "long enough"},
        "changePassword": {"current": "x", "new": "long enough"},
        "requestEmailChange": {"newEmail": "b@x.io", "password": "x"},
        "confirmEmailChange": {"token": "x"},
        "eraseAccount": {"password": "x"},
        "setUserRole": {"userId": OTHER, "role": "SUPPORT"},
        "setUserActive": {"userId": OTHER, "active": True, "reason": "r"},
        "mintLink": {"kind": "verify_email", "tokenId": OTHER},
    },
    "user": {
        "updateProfile": {
            "input": {
                "firstName": "A",
                "lastName": "B",
                "phoneNumber": "+493012345678",
                "avatarUrl": "https://x.io/a.png",
                "dateOfBirth": "1990-01-01",
            }
        },
        "addAddress": {"input": ADDRESS},
        "updateAddress": {"id": OTHER, "input": ADDRESS},
        "removeAddress": {"id": OTHER},
        "setDefaultAddress": {"id": OTHER},
        "updatePreferences": {"input": {"currency": "EUR", "language": "en", "theme": "DARK"}},
        "addressSnapshot": {"userId": OTHER, "addressId": OTHER},
    },
    "notification": {
        "markNotificationRead": {"id": OTHER},
        "markAllNotificationsRead": {"before": "2026-01-01T00:00:00Z"},
        "upsertNotificationTemplate": {"input": TEMPLATE},
        "previewTemplate": {"name": "order.confirmed.in_app", "variables": {"order_number": "1", "total": "1"}},
        "retryDeadLetter": {"eventId": OTHER},
    },
}
CHANGED_BY_ASKING = {"attempts", "audit_log", "outbox", "users", "email_verification_tokens", "password_reset_tokens"}
"""Tables that a refused or unknown sign-in, or a request for mail, may write to; the others stay as they are."""


@pytest.fixture
async def started(
    request: pytest.FixtureRequest,
    start_room: StartRoom,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[str, RoomClient]]:
    monkeypatch.setattr(auth_app, "Passwords", lambda: Passwords(time_cost=1, memory_kib=64))
    key, secret = tmp_path / "key.pem", tmp_path / "secret"
    key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.write_text("a secret of enough bytes for one-time links")
    room = request.param
    create_app = import_module(f"subgraphs.{room}.app").create_app
    variables = {"AUTH_TOKEN_KEY": str(key), "AUTH_LINK_SECRET": str(secret)}
    async with start_room(room, create_app, redis=redis_url, variables=variables) as client:
        yield room, client


@pytest.mark.parametrize("started", ["auth", "user", "notification"], indirect=True)
async def test_junk_is_answered_and_changes_nothing(started: tuple[str, RoomClient]) -> None:
    room, client = started
    if room == "user":
        await client.room.database.execute(
            "INSERT INTO user_profiles (user_id, first_name, last_name) VALUES ($1, 'A', 'B')", WHO
        )
    hidden = {"as_service": "notification"}
    caller = {"": {"as_user": WHO, "scopes": SCOPES}, "mintLink": hidden, "addressSnapshot": hidden}
    await assert_junk_changes_nothing(client, EXAMPLES[room], caller, may_change=CHANGED_BY_ASKING)
