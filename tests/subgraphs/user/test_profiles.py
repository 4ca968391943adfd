"""Profiles, public profiles and preferences: who reads what, at which price, and what changes tell (S-021, S-024)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.events import Event
from subgraphs.user.events import on_registered
from subgraphs.user.tables import DB
from tests.fixtures.rooms import RoomClient

ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { %s } } }"
PRIVATE = "firstName lastName phoneNumber dateOfBirth"
PREFERENCES = "preferences { emailNotifications smsNotifications pushNotifications currency language theme }"


def _users(*ids: UUID) -> dict[str, Any]:
    return {"r": [{"__typename": "User", "id": str(one)} for one in ids]}


async def _update(user: RoomClient, who: UUID, **given: Any) -> dict[str, Any]:
    operation = (
        "mutation($i: ProfileInput!) { updateProfile(input: $i) { "
        f"user {{ id {PRIVATE} profile {{ displayName avatarUrl }} }} errors {{ code path }} }} }}"
    )
    answer: dict[str, Any] = (await user.query(operation, {"i": given}, as_user=who))["updateProfile"]
    return answer


# -- registration -----------------------------------------------------------------------------------------------------


async def test_a_registration_gives_profile_and_preferences_once(user: RoomClient) -> None:
    user_id = uuid4()
    facts = {"user_id": str(user_id), "first_name": "Ada", "last_name": "Lovelace", "locale": "PT-br"}
    event = Event("user.registered", f"user:{user_id}", facts)
    for expected in (True, False, False):
        assert await apply_once(user.room, "user", event, on_registered) is expected
    assert await apply_once(user.room, "user", Event(event.type, event.aggregate, facts), on_registered)
    assert await DB.fetch_value("SELECT count(*) FROM user_profiles") == 1
    told = await DB.fetch("SELECT type, payload FROM outbox")
    assert [(row["type"], row["payload"]["language"]) for row in told] == [("preferences.updated", "pt-BR")]
    data = await user.query(ENTITIES % f"firstName {PREFERENCES}", _users(user_id), as_user=user_id)
    assert data["_entities"][0] == {
        "firstName": "Ada",
        "preferences": {
            "emailNotifications": True,
            "smsNotifications": False,
            "pushNotifications": True,
            "currency": "USD",
            "language": "pt-BR",
            "theme": "LIGHT",
        },
    }


async def test_a_replayed_registration_revives_nobody(user: RoomClient, person: Any) -> None:
    who = await person()
    await DB.execute("UPDATE user_profiles SET deleted_at = now()")
    facts = {"user_id": str(who), "first_name": "Ada", "last_name": "Lovelace", "locale": None}
    await apply_once(user.room, "user", Event("user.registered", f"user:{who}", facts), on_registered)
    assert (await user.query(f'{{ publicProfile(id: "{who}") {{ id }} }}'))["publicProfile"] is None


async def test_until_the_registration_arrives_there_is_nothing_and_no_error(user: RoomClient) -> None:
    who = uuid4()
    fields = f"id {PRIVATE} profile {{ displayName }} {PREFERENCES} addresses {{ id }}"
    (found,) = (await user.query(ENTITIES % fields, _users(who), as_user=who))["_entities"]
    assert found["id"] == str(who)
    assert found["addresses"] == []
    assert {value for key, value in found.items() if key not in ("id", "addresses")} == {None}
    assert (await _update(user, who, firstName="Ada"))["errors"][0]["code"] == "PROFILE_NOT_READY"


# -- reading ----------------------------------------------------------------------------------------------------------


async def test_the_public_profile_shows_an_initial_and_nothing_private(user: RoomClient, person: Any) -> None:
    who = await person("Ada", "Lovelace")
    query = f'{{ publicProfile(id: "{who}") {{ id displayName avatarUrl memberSince }} }}'
    found = (await user.query(query))["publicProfile"]
    assert (found["id"], found["displayName"], found["avatarUrl"]) == (str(who), "Ada L.", None)
    assert (await user.query('{ publicProfile(id: "nonsense") { id } }'))["publicProfile"] is None


async def test_each_private_field_of_somebody_else_is_refused(user: RoomClient, person: Any) -> None:
    owner, stranger = await person(), await person("Eve", "Smith")
    fields = f"id {PRIVATE} profile {{ displayName }} {PREFERENCES}"
    answer = await user.send(ENTITIES % fields, _users(owner), as_user=stranger)
    (found,) = answer["data"]["_entities"]
    assert found.pop("profile") == {"displayName": "Ada L."}
    assert found.pop("id") == str(owner)
    assert set(found.values()) == {None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert {error["path"][-1] for error in answer["errors"]} == {*PRIVATE.split(), "preferences"}
    anonymous = await user.send(ENTITIES % "firstName profile { displayName }", _users(owner))
    assert anonymous["data"]["_entities"] == [{"firstName": None, "profile": {"displayName": "Ada L."}}]
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_address_book_of_somebody_else_is_refused(user: RoomClient, person: Any) -> None:
    owner = await person()
    answer = await user.send(ENTITIES % "addresses { id }", _users(owner), as_user=uuid4())
    assert answer["data"]["_entities"] == [None]
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_staff_and_services_read_everybody(user: RoomClient, person: Any) -> None:
    owner = await person()
    for caller in ({"as_user": uuid4(), "scopes": ["users:read"]}, {"as_service": "notification"}):
        data = await user.query(ENTITIES % f"firstName {PREFERENCES} addresses {{ id }}", _users(owner), **caller)
        assert data["_entities"][0]["firstName"] == "Ada"


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_any_number_of_users_costs_one_statement_per_table(user: RoomClient, count: int) -> None:
    ids = await _insert_people(count)
    book = "addresses { city } defaultAddress(type: BILLING) { city }"
    fields = f"{PRIVATE} profile {{ displayName }} {book} {PREFERENCES}"
    staff = {"as_user": uuid4(), "scopes": ["users:read"]}
    assert await user.statements(ENTITIES % fields, _users(*ids), **staff) == 3
    assert await user.statements(ENTITIES % "id", _users(*ids), **staff) == 0
    assert await user.statements(ENTITIES % "addresses(type: SHIPPING) { city }", _users(*ids), **staff) == 1


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_buyers_and_actors_of_one_request_share_a_statement(user: RoomClient, count: int) -> None:
    """Q8: the router merges both entity fetches of a round into one request."""
    ids = await _insert_people(count)
    operation = """query($b: [_Any!]!, $a: [_Any!]!) {
        buyers: _entities(representations: $b) { ... on User { profile { displayName } } }
        actors: _entities(representations: $a) { ... on PublicProfile { displayName } }
    }"""
    variables = {
        "b": _users(*ids)["r"],
        "a": [{"__typename": "PublicProfile", "id": str(one)} for one in reversed(ids)],
    }
    answer = await user.send(operation, variables, as_user=uuid4(), scopes=["users:read"])
    assert [one["displayName"] for one in answer["data"]["actors"]] == [
        one["profile"]["displayName"] for one in reversed(answer["data"]["buyers"])
    ]
    assert answer["extensions"]["sql"]["statements"] == 1


# -- changes ----------------------------------------------------------------------------------------------------------


async def test_a_change_keeps_what_is_left_out_and_clears_what_is_null(user: RoomClient, person: Any) -> None:
    who = await person()
    changed = await _update(
        user,
        who,
        phoneNumber=" +44 20 7946 0958 ",
        avatarUrl="https://img.example.com/a.png",
        dateOfBirth="1990-12-10",
    )
    assert changed["errors"] == []
    assert changed["user"]["phoneNumber"] == "+442079460958"
    assert changed["user"]["profile"]["avatarUrl"] == "https://img.example.com/a.png"
    again = await _update(user, who, firstName="Augusta", phoneNumber=None)
    assert (again["user"]["firstName"], again["user"]["phoneNumber"]) == ("Augusta", None)
    assert again["user"]["dateOfBirth"] == "1990-12-10"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"firstName": None}, "INVALID_NAME"),
        ({"lastName": "  "}, "INVALID_NAME"),
        ({"firstName": "x" * 101}, "INVALID_TEXT"),
        ({"firstName": "A\x00da"}, "INVALID_TEXT"),
        ({"phoneNumber": "020 7946 0958"}, "INVALID_PHONE_NUMBER"),
        ({"phoneNumber": "+999" + "1" * 1000}, "INVALID_PHONE_NUMBER"),
        ({"avatarUrl": "http://img.example.com/a.png"}, "INVALID_URL"),
        ({"avatarUrl": "javascript:alert(1)"}, "INVALID_URL"),
        ({"avatarUrl": "https://user:pass@img.example.com/"}, "INVALID_URL"),
        ({"avatarUrl": "https://[::1"}, "INVALID_URL"),
        ({"dateOfBirth": "2999-01-01"}, "INVALID_DATE_OF_BIRTH"),
        ({"dateOfBirth": "1812-01-01"}, "INVALID_DATE_OF_BIRTH"),
    ],
)
async def test_an_unacceptable_profile_changes_nothing(
    user: RoomClient, person: Any, given: dict[str, Any], code: str
) -> None:
    who = await person()
    before = await DB.fetch("SELECT first_name, last_name, phone_number, avatar_url, date_of_birth FROM user_profiles")
    answer = await _update(user, who, **given)
    assert [(error["code"], error["path"]) for error in answer["errors"]] == [(code, ["input", *given])]
    assert before == await DB.fetch(
        "SELECT first_name, last_name, phone_number, avatar_url, date_of_birth FROM user_profiles"
    )


async def test_preferences_change_one_by_one_and_tell_the_whole_state(user: RoomClient, person: Any) -> None:
    who = await person()
    operation = (
        "mutation($i: PreferencesInput!) { updatePreferences(input: $i) { "
        f"user {{ {PREFERENCES} }} errors {{ code path }} }} }}"
    )
    for given in ({"smsNotifications": True}, {"theme": "DARK", "language": "zh-hant-tw"}, {"currency": "EUR"}):
        data = await user.query(operation, {"i": given}, as_user=who)
        assert data["updatePreferences"]["errors"] == []
    stored = data["updatePreferences"]["user"]["preferences"]
    assert stored == {
        "emailNotifications": True,
        "smsNotifications": True,
        "pushNotifications": True,
        "currency": "EUR",
        "language": "zh-Hant-TW",
        "theme": "DARK",
    }
    last = await DB.fetch_value("SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")
    assert last == {
        "user_id": str(who),
        "email_notifications": True,
        "sms_notifications": True,
        "push_notifications": True,
        "currency": "EUR",
        "language": "zh-Hant-TW",
        "theme": "dark",
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"currency": "XXX"}, "CURRENCY_NOT_SUPPORTED"),
        ({"currency": "eur"}, "CURRENCY_NOT_SUPPORTED"),
        ({"language": "not a language"}, "INVALID_LANGUAGE"),
        ({"language": "x" * 1000}, "INVALID_LANGUAGE"),
    ],
)
async def test_unacceptable_preferences_change_nothing(
    user: RoomClient, person: Any, given: dict[str, Any], code: str
) -> None:
    who = await person()
    events = await DB.fetch_value("SELECT count(*) FROM outbox")
    operation = "mutation($i: PreferencesInput!) { updatePreferences(input: $i) { errors { code path } } }"
    answer = (await user.query(operation, {"i": given}, as_user=who))["updatePreferences"]
    assert answer["errors"] == [{"code": code, "path": ["input", *given]}]
    assert await DB.fetch_value("SELECT count(*) FROM outbox") == events


async def _insert_people(count: int) -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    await DB.execute(
        """
        INSERT INTO user_profiles (user_id, first_name, last_name)
        SELECT id, 'Person ' || n, 'Name' FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n)
        """,
        ids,
    )
    await DB.execute("INSERT INTO user_preferences (user_id) SELECT unnest($1::uuid[])", ids)
    await DB.execute(
        """
        INSERT INTO user_addresses (user_id, address_type, street, city, state, zip_code, country, is_default)
        SELECT id, kind, 'x', 'y', '', '', 'DE', true
        FROM unnest($1::uuid[]) AS id CROSS JOIN unnest(ARRAY['shipping', 'billing']) AS kind
        """,
        ids,
    )
    return ids
