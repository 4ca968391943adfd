"""Junk in every argument of every mutation of auth, user and notification: a typed answer, and nothing changed.

The arguments are read from the schemas, so a new mutation is covered when it is there, or fails for want of an example.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterator
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
JUNK: list[Any] = [
    "", " ", "\x00", "a\x00b", "\u202e", "💡" * 300, "x" * 900_000, "' OR 1=1 --", "e\u0301", "{{ link }}", "-1", "NaN",
    "9999-12-31T23:59:59Z", "0001-01-01", None, [], {}, ["\x00"], ["x" * 5000] * 300, {"a": {"\x00": "\x00"}}, True, -1,
    2**31, 0.5, str(UUID(int=0)) + " ",
]  # fmt: skip
CHANGED_BY_ASKING = {"attempts", "audit_log", "outbox", "users", "email_verification_tokens", "password_reset_tokens"}
"""Tables that a refused or unknown sign-in, or a request for mail, may write to; the others stay as they are."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _with(value: dict[str, Any], path: tuple[Any, ...], junk: Any) -> dict[str, Any]:
    changed = copy.deepcopy(value)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    return changed


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


def _operations(room: str) -> Iterator[tuple[str, str]]:
    """Each mutation's name, and a document that takes all its arguments as variables."""
    schema = import_module(f"subgraphs.{room}.api").schema._schema
    assert set(schema.mutation_type.fields) == set(EXAMPLES[room]), "an example is missing"
    for name, field in schema.mutation_type.fields.items():
        declared = ", ".join(f"${argument}: {definition.type}" for argument, definition in field.args.items())
        given = ", ".join(f"{argument}: ${argument}" for argument in field.args)
        head, call = (f"({declared})", f"({given})") if declared else ("", "")
        type_name = str(field.type).rstrip("!")
        selection = " { errors { __typename code message path } }" if type_name.endswith("Payload") else ""
        yield name, f"mutation{head} {{ result: {name}{call}{selection} }}"


async def _everything(room: RoomClient) -> dict[str, list[Any]]:
    database = room.room.database
    tables = await database.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition"
    )
    return {
        table: [row["row"] for row in await database.fetch(f'SELECT t::text AS row FROM "{table}" t ORDER BY 1')]
        for (table,) in tables
    }


@pytest.mark.parametrize("started", ["auth", "user", "notification"], indirect=True)
async def test_junk_is_answered_and_changes_nothing(started: tuple[str, RoomClient]) -> None:
    room, client = started
    if room == "user":
        await client.room.database.execute(
            "INSERT INTO user_profiles (user_id, first_name, last_name) VALUES ($1, 'A', 'B')", WHO
        )
    before = await _everything(client)
    for name, document in _operations(room):
        caller: dict[str, Any] = {"as_user": WHO, "scopes": SCOPES}
        if name in ("mintLink", "addressSnapshot"):
            caller = {"as_service": "notification"}
        for path in _places(EXAMPLES[room][name]):
            for junk in JUNK:
                response = await client.send(document, _with(EXAMPLES[room][name], path, junk), **caller)
                where = f"{name} {path} {str(junk)[:40]!r}"
                codes = [error["extensions"]["code"] for error in response.get("errors", ())]
                assert not {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"} & set(codes), (where, response)
                result = (response.get("data") or {}).get("result")
                refused = bool(codes) or (isinstance(result, dict) and bool(result["errors"]))
                after = await _everything(client)
                if refused:
                    changed = {table for table in after if after[table] != before[table]}
                    assert changed <= CHANGED_BY_ASKING, (where, changed)
                before = after
                for error in (result or {}).get("errors", ()) if isinstance(result, dict) else ():
                    assert error["code"], where
                    assert error["code"] not in ("ALREADY_EXISTS", "REFERENCE_NOT_FOUND"), (where, error)
