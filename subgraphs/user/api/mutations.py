"""Mutations of user: profile, address book, preferences. Each acts on the caller's own account."""

from collections.abc import Awaitable
from typing import TypeVar

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError, settle
from subgraphs.kernel.identifiers import existing_uuid, uuid_or_none
from subgraphs.user import addresses, domain, service
from subgraphs.user.api.entities import address_of, referred_user
from subgraphs.user.api.types import AddressInput, AddressPayload, PreferencesInput, ProfileInput, ProfilePayload
from subgraphs.user.domain import ABSENT, PreferencesChange, ProfileChange

T = TypeVar("T")


@strawberry.type(description="Entry points of writing.")
class Mutation:
    @strawberry.federation.mutation(authenticated=True, description="Change the caller's profile.")
    async def update_profile(self, info: Info, input: ProfileInput) -> ProfilePayload:
        change = ProfileChange(
            first_name=_given(input.first_name),
            last_name=_given(input.last_name),
            phone_number=_given(input.phone_number),
            avatar_url=_given(input.avatar_url),
            date_of_birth=_given(input.date_of_birth),
        )
        return await _caller_after(info, service.update_profile(info.context.principal, change))

    @strawberry.federation.mutation(authenticated=True, description="Add an address to the caller's book.")
    async def add_address(self, info: Info, input: AddressInput) -> AddressPayload:
        return await _address_after(service.add_address(info.context.principal, _entry(input)))

    @strawberry.federation.mutation(authenticated=True, description="Write over an address in the caller's book.")
    async def update_address(self, info: Info, id: strawberry.ID, input: AddressInput) -> AddressPayload:
        return await _address_after(_update(info, id, _entry(input)))

    @strawberry.federation.mutation(
        authenticated=True, description="Take an address out of the caller's book; orders keep their copies."
    )
    async def remove_address(self, info: Info, id: strawberry.ID) -> AddressPayload:
        return await _address_after(_remove(info, id))

    @strawberry.federation.mutation(
        authenticated=True, description="Make an address the preferred one of its type; the former one no longer is."
    )
    async def set_default_address(self, info: Info, id: strawberry.ID) -> AddressPayload:
        return await _address_after(_set_default(info, id))

    @strawberry.federation.mutation(authenticated=True, description="Change the caller's preferences.")
    async def update_preferences(self, info: Info, input: PreferencesInput) -> ProfilePayload:
        change = PreferencesChange(
            email_notifications=input.email_notifications,
            sms_notifications=input.sms_notifications,
            push_notifications=input.push_notifications,
            currency=input.currency,
            language=input.language,
            theme=input.theme,
        )
        return await _caller_after(info, service.update_preferences(info.context.principal, change))

    @strawberry.federation.mutation(inaccessible=True, description="What an order keeps of a user's address.")
    async def address_snapshot(self, user_id: strawberry.ID, address_id: strawberry.ID) -> JSON | None:
        owner, address = uuid_or_none(user_id), uuid_or_none(address_id)
        if owner is None or address is None:
            return None
        snapshot = await service.address_snapshot(owner, address)
        return None if snapshot is None else JSON(dict(snapshot))


# -- work with raw arguments ------------------------------------------------------------------------------------------


async def _update(info: Info, address_id: str, entry: addresses.AddressEntry) -> addresses.Address:
    return await service.update_address(
        info.context.principal, existing_uuid(address_id, "address", path=["id"]), entry
    )


async def _remove(info: Info, address_id: str) -> addresses.Address:
    return await service.remove_address(info.context.principal, existing_uuid(address_id, "address", path=["id"]))


async def _set_default(info: Info, address_id: str) -> addresses.Address:
    return await service.set_default_address(info.context.principal, existing_uuid(address_id, "address", path=["id"]))


def _entry(given: AddressInput) -> addresses.AddressEntry:
    return addresses.AddressEntry(
        type=given.type,
        street=given.street,
        city=given.city,
        country=given.country,
        recipient=given.recipient,
        street2=given.street2,
        state=given.state,
        zip_code=given.zip_code,
        phone=given.phone,
        is_default=bool(given.is_default),
    )


def _given(value: T) -> T | domain.Absent:
    """Tell a value that was left out from null."""
    return ABSENT if value is UNSET else value


# -- payloads ---------------------------------------------------------------------------------------------------------


async def _caller_after(info: Info, work: Awaitable[object]) -> ProfilePayload:
    def payload(done: object, errors: list[UserError]) -> ProfilePayload:
        caller = info.context.principal.user_id
        user = None if done is None or caller is None else referred_user(info, caller, "user")
        return ProfilePayload(user=user, errors=errors)  # type: ignore[arg-type]  # may be awaited by the executor

    return await settle(payload, "done", work)


async def _address_after(work: Awaitable[addresses.Address]) -> AddressPayload:
    def payload(address: addresses.Address | None, errors: list[UserError]) -> AddressPayload:
        return AddressPayload(address=None if address is None else address_of(address), errors=errors)

    return await settle(payload, "address", work)
