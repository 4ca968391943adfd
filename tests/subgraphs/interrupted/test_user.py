"""Mutations of user, interrupted at every call: one transaction each (S-111)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from subgraphs.user.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.interrupted.trials import Asked, Case, Contents, Trials
from tests.subgraphs.user.conftest import Person

pytestmark = pytest.mark.usefixtures("breakable_stores")

ADDRESS = {
    "type": "SHIPPING",
    "street": "S 1",
    "city": "Berlin",
    "zipCode": "10115",
    "country": "DE",
    "isDefault": True,
}


async def test_user(user: RoomClient, person: Person) -> None:
    async def asked(who: UUID, **variables: Any) -> Asked:
        return Asked(variables, lambda document, given: user.send(document, given, as_user=who))

    async def address(who: UUID, *, default: bool = False) -> str:
        return str(
            await DB.fetch_value(
                """
                INSERT INTO user_addresses (user_id, address_type, street, city, state, zip_code, country, is_default)
                VALUES ($1, 'shipping', 'S 1', 'Berlin', '', '10115', 'DE', $2) RETURNING id
                """,
                who,
                default,
            )
        )

    async def profile() -> Asked:
        return await asked(await person(), input={"firstName": "Grace"})

    async def preferences() -> Asked:
        return await asked(await person(), input={"currency": "EUR"})

    async def another() -> Asked:
        who = await person()
        await address(who, default=True)
        return await asked(who, input=ADDRESS)

    async def rewritten() -> Asked:
        who = await person()
        await address(who, default=True)
        return await asked(who, id=await address(who), input=ADDRESS)

    async def one() -> Asked:
        who = await person()
        await address(who, default=True)
        return await asked(who, id=await address(who))

    async def copied() -> Asked:
        who = await person()
        given = {"userId": str(who), "addressId": await address(who)}
        return Asked(given, lambda document, values: user.send(document, values, as_service="order"))

    cases = {
        "updateProfile": Case(profile),
        "updatePreferences": Case(preferences),
        "addAddress": Case(another),
        "updateAddress": Case(rewritten),
        "setDefaultAddress": Case(one),
        "removeAddress": Case(one, again=["NOT_FOUND"]),
        "addressSnapshot": Case(copied),
    }
    await Trials("user", Contents([DB])).all(cases)
