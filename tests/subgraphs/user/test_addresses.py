"""Address books: rules per country, one default per type under races, ownership (S-022, S-023, D12)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.user.tables import DB
from tests.fixtures.rooms import RoomClient

FIELDS = "id type recipient street street2 city state zipCode country phone isDefault formatted"
ERRORS = "errors { __typename code path ... on ValidationError { constraint } }"
BERLIN = {"type": "SHIPPING", "street": "Invalidenstr. 44", "city": "Berlin", "zipCode": "10115", "country": "DE"}


async def _add(user: RoomClient, who: UUID, **over: Any) -> dict[str, Any]:
    operation = f"mutation($i: AddressInput!) {{ addAddress(input: $i) {{ address {{ {FIELDS} }} {ERRORS} }} }}"
    answer: dict[str, Any] = (await user.query(operation, {"i": {**BERLIN, **over}}, as_user=who))["addAddress"]
    return answer


async def _call(user: RoomClient, who: UUID, mutation: str, **variables: Any) -> dict[str, Any]:
    declared = {"id": "ID!", "input": "AddressInput!"}
    head = ", ".join(f"${name}: {declared[name]}" for name in variables)
    arguments = ", ".join(f"{name}: ${name}" for name in variables)
    operation = f"mutation({head}) {{ {mutation}({arguments}) {{ address {{ {FIELDS} }} {ERRORS} }} }}"
    answer: dict[str, Any] = (await user.query(operation, variables, as_user=who))[mutation]
    return answer


async def _defaults(who: UUID) -> list[str]:
    rows = await DB.fetch(
        "SELECT address_type FROM user_addresses WHERE user_id = $1 AND is_default ORDER BY address_type", who
    )
    return [row["address_type"] for row in rows]


async def test_an_address_is_stored_in_normal_form(user: RoomClient) -> None:
    added = await _add(
        user,
        uuid4(),
        country="us",
        street=" 1 Main St ",
        city="Portland",
        state="or",
        zipCode="97201",
        phone="(503) 228-0000",
    )
    assert added["errors"] == []
    address = added["address"]
    assert (address["country"], address["street"], address["state"]) == ("US", "1 Main St", "OR")
    assert (address["phone"], address["isDefault"]) == ("+15032280000", False)
    assert address["formatted"] == ["1 Main St", "Portland, OR 97201", "US"]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"country": "XX"}, {("UNKNOWN_COUNTRY", "country")}),
        ({"country": "Germany"}, {("UNKNOWN_COUNTRY", "country")}),
        ({"zipCode": "1011"}, {("INVALID_POSTCODE", "zipCode")}),
        ({"zipCode": "1011٥"}, {("INVALID_POSTCODE", "zipCode")}),
        ({"zipCode": None}, {("REQUIRED", "zipCode")}),
        ({"street": " ", "city": ""}, {("REQUIRED", "street"), ("REQUIRED", "city")}),
        ({"country": "US", "zipCode": "97201"}, {("REQUIRED", "state")}),
        ({"country": "US", "zipCode": "97201", "state": "Orange"}, {("UNKNOWN_STATE", "state")}),
        ({"country": "GB", "zipCode": "QQ1 1AA"}, {("INVALID_POSTCODE", "zipCode")}),
        ({"street": "x" * 256}, {("INVALID_TEXT", "street")}),
        ({"street": "two\nlines"}, {("INVALID_TEXT", "street")}),
        ({"city": "Ber\x00lin"}, {("INVALID_TEXT", "city")}),
        ({"phone": "12"}, {("INVALID_PHONE_NUMBER", "phone")}),
    ],
)
async def test_what_a_country_does_not_accept_is_named_and_nothing_is_stored(
    user: RoomClient, given: dict[str, Any], problems: set[tuple[str, str]]
) -> None:
    answer = await _add(user, uuid4(), **given)
    assert answer["address"] is None
    assert {(error["code"], error["path"][1]) for error in answer["errors"]} == problems
    assert await DB.fetch_value("SELECT count(*) FROM user_addresses") == 0


async def test_a_country_without_postcodes_stores_none(user: RoomClient) -> None:
    added = await _add(user, uuid4(), country="HK", city="", state="kowloon", zipCode="00000")
    assert (added["address"]["zipCode"], added["address"]["state"]) == ("", "Kowloon")
    assert added["address"]["formatted"] == ["Invalidenstr. 44", "Kowloon", "HK"]


async def test_a_state_goes_by_any_of_its_names(user: RoomClient) -> None:
    for name in ("OR", "or", "Oregon", "OREGON"):
        added = await _add(user, uuid4(), country="US", city="Portland", state=name, zipCode="97201-1234")
        assert added["address"]["state"] == "OR"
    dubai = await _add(user, uuid4(), country="AE", city="Dubai", state="دبي", zipCode=None)
    assert (dubai["address"]["state"], dubai["address"]["formatted"][1:]) == ("Dubai", ["Dubai", "Dubai", "AE"])


async def test_the_rules_can_be_asked(user: RoomClient) -> None:
    query = "query($c: String!) { addressRules(country: $c) { requiredFields postcodePattern states } }"
    canada = (await user.query(query, {"c": "ca"}))["addressRules"]
    assert canada["requiredFields"] == ["street", "city", "country", "state", "zipCode"]
    assert "QC" in canada["states"]
    emirates = (await user.query(query, {"c": "AE"}))["addressRules"]
    assert (emirates["requiredFields"], emirates["postcodePattern"]) == (["street", "country", "state"], None)
    assert "Dubai" in emirates["states"]
    refused = await user.send(query, {"c": "Canada"})
    assert refused["errors"][0]["extensions"]["code"] == "UNKNOWN_COUNTRY"


async def test_there_is_one_default_per_type(user: RoomClient) -> None:
    who = uuid4()
    first = (await _add(user, who, isDefault=True))["address"]
    second = (await _add(user, who, isDefault=True))["address"]
    await _add(user, who, type="BILLING", isDefault=True)
    assert await _defaults(who) == ["billing", "shipping"]
    chosen = await _call(user, who, "setDefaultAddress", id=first["id"])
    assert chosen["address"]["isDefault"]
    reference = {"__typename": "User", "id": str(who)}
    found = await user.entities("... on User { defaultAddress(type: SHIPPING) { id } }", reference, as_user=who)
    assert found == [{"defaultAddress": {"id": first["id"]}}]
    moved = {**BERLIN, "type": "BILLING", "isDefault": True}
    await _call(user, who, "updateAddress", id=second["id"], input=moved)
    assert await _defaults(who) == ["billing", "shipping"]


async def test_twenty_parallel_choices_leave_exactly_one_default(user: RoomClient) -> None:
    who = uuid4()
    ids = [(await _add(user, who))["address"]["id"] for _ in range(5)]
    answers = await asyncio.gather(*(_call(user, who, "setDefaultAddress", id=ids[n % 5]) for n in range(20)))
    assert all(answer["errors"] == [] for answer in answers)
    assert await _defaults(who) == ["shipping"]


async def test_parallel_first_defaults_do_not_collide(user: RoomClient) -> None:
    who = uuid4()
    answers = await asyncio.gather(*(_add(user, who, isDefault=True) for _ in range(10)))
    assert all(answer["errors"] == [] for answer in answers)
    assert await _defaults(who) == ["shipping"]


async def test_a_removed_address_is_gone_for_everybody_but_the_audit(user: RoomClient) -> None:
    who = uuid4()
    address = (await _add(user, who, isDefault=True))["address"]
    removed = await _call(user, who, "removeAddress", id=address["id"])
    assert removed["address"]["id"] == address["id"]
    assert await _defaults(who) == []
    for mutation, rest in (("removeAddress", {}), ("setDefaultAddress", {}), ("updateAddress", {"input": BERLIN})):
        for id in (address["id"], "nonsense", str(uuid4())):
            again = await _call(user, who, mutation, id=id, **rest)
            assert [error["code"] for error in again["errors"]] == ["NOT_FOUND"]
    assert await DB.fetch_value("SELECT count(*) FROM user_addresses WHERE deleted_at IS NOT NULL") == 1


async def test_nobody_touches_or_reads_another_book(user: RoomClient) -> None:
    owner, stranger = uuid4(), uuid4()
    address = (await _add(user, owner, isDefault=True))["address"]
    for mutation, rest in (("removeAddress", {}), ("setDefaultAddress", {}), ("updateAddress", {"input": BERLIN})):
        answer = await _call(user, stranger, mutation, id=address["id"], **rest)
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]
    assert await _defaults(owner) == ["shipping"]
    reference = {"__typename": "Address", "id": address["id"]}
    assert await user.entities("... on Address { city }", reference, as_user=stranger) == [None]
    assert await user.entities("... on Address { city }", reference, as_user=owner) == [{"city": "Berlin"}]
    assert await user.entities("... on Address { city }", reference, as_user=stranger, scopes=["users:read"]) == [
        {"city": "Berlin"}
    ]


async def test_ids_that_are_none_are_not_found(user: RoomClient) -> None:
    answer = await _call(user, uuid4(), "removeAddress", id="1; DROP TABLE user_addresses")
    assert [error["__typename"] for error in answer["errors"]] == ["NotFoundError"]


async def test_guests_and_the_anonymous_have_no_book(user: RoomClient) -> None:
    operation = "mutation($i: AddressInput!) { addAddress(input: $i) { errors { code } } }"
    guest = await user.query(operation, {"i": BERLIN}, as_guest=uuid4())
    assert guest["addAddress"]["errors"] == [{"code": "ACCOUNT_REQUIRED"}]
    anonymous = await user.send(operation, {"i": BERLIN})
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_book_has_an_end(user: RoomClient) -> None:
    who = uuid4()
    await DB.execute(
        """
        INSERT INTO user_addresses (user_id, address_type, street, city, state, zip_code, country)
        SELECT $1, 'shipping', 'x', 'y', '', '', 'DE' FROM generate_series(1, 99)
        """,
        who,
    )
    answers = await asyncio.gather(*(_add(user, who) for _ in range(5)))
    assert sum(answer["address"] is not None for answer in answers) == 1
    codes = {error["code"] for answer in answers for error in answer["errors"]}
    assert codes == {"TOO_MANY_ADDRESSES"}


async def test_a_snapshot_is_for_services_and_of_the_users_own_address(user: RoomClient) -> None:
    owner = uuid4()
    address = (await _add(user, owner, recipient="Ada"))["address"]
    operation = "mutation($u: ID!, $a: ID!) { addressSnapshot(userId: $u, addressId: $a) }"
    variables = {"u": str(owner), "a": address["id"]}
    taken = (await user.query(operation, variables, as_service="order"))["addressSnapshot"]
    assert taken == {
        "recipient": "Ada",
        "street": "Invalidenstr. 44",
        "street2": None,
        "city": "Berlin",
        "state": "",
        "zip_code": "10115",
        "country": "DE",
        "phone": None,
    }
    other = {**variables, "u": str(uuid4())}
    assert (await user.query(operation, other, as_service="order"))["addressSnapshot"] is None
    own = await user.send(operation, variables, as_user=owner, scopes=["users:read", "users:write"])
    assert own["errors"][0]["extensions"]["code"] == "FORBIDDEN"
