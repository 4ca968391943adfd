"""The entities User, as user knows it, and PublicProfile, with what hangs on them."""

import datetime as dt
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import forbidden
from subgraphs.kernel.selections import selected_fields
from subgraphs.user import addresses, domain
from subgraphs.user.addresses import AddressType
from subgraphs.user.domain import Theme

_PROFILE_FIELDS = frozenset({"firstName", "lastName", "phoneNumber", "dateOfBirth", "profile"})
_SCOPE = "users:read"

strawberry.enum(AddressType, description="What an address is for.")
strawberry.enum(Theme, description="Appearance of the clients.")


@strawberry.federation.type(keys=["id"], description="What everybody may know about a person.")
class PublicProfile:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")
    display_name: str = strawberry.field(description="Given name and initial of the family name.")
    avatar_url: str | None = strawberry.field(description="Address of the picture, if there is one.")
    member_since: dt.datetime = strawberry.field(description="When the person registered.")

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "Awaitable[PublicProfile | None]":
        """Public: no check."""
        return public_profile(info, UUID(id))


@strawberry.federation.type(keys=["id"], description="An entry of an address book.")
class Address:
    id: strawberry.ID = strawberry.field(description="Identity of the address.")
    type: AddressType = strawberry.field(description="What the address is for.")
    recipient: str | None = strawberry.field(description="Name on the parcel; null means the account's own name.")
    street: str = strawberry.field(description="Street and house number.")
    street2: str | None = strawberry.field(description="Second street line: flat, floor, company.")
    city: str = strawberry.field(description="City, town or post town.")
    state: str = strawberry.field(description="State or province; empty where the country has none.")
    zip_code: str = strawberry.field(description="Postcode; empty where the country has none.")
    country: str = strawberry.field(description="ISO 3166-1 code of two letters.")
    phone: str | None = strawberry.field(description="Phone number for the carrier, in E.164.")
    is_default: bool = strawberry.field(description="Whether it is the preferred address of its type.")
    entry: strawberry.Private[addresses.Address]

    @strawberry.field(description="The lines on a parcel, in the country's order.")
    def formatted(self) -> list[str]:
        return self.entry.formatted()

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "Awaitable[Address | None]":
        """The owner, staff and sibling services may read an address; for others there is none."""
        return _readable_address(info, UUID(id))


@strawberry.type(description="How a person wants to be written to and shown the shop.")
class Preferences:
    email_notifications: bool = strawberry.field(description="Whether e-mail may be sent.")
    sms_notifications: bool = strawberry.field(description="Whether text messages may be sent.")
    push_notifications: bool = strawberry.field(description="Whether push messages may be sent.")
    currency: str = strawberry.field(description="ISO 4217 code prices are preferred in.")
    language: str = strawberry.field(description="BCP 47 tag of the preferred language.")
    theme: Theme = strawberry.field(description="Appearance of the clients.")


@strawberry.federation.type(keys=["id"], description="A person with an account, or a guest.")
class User:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")
    first_name: str | None = strawberry.federation.field(
        authenticated=True, default=None, description="Given name; null for a moment after registering."
    )
    last_name: str | None = strawberry.federation.field(
        authenticated=True, default=None, description="Family name; null for a moment after registering."
    )
    phone_number: str | None = strawberry.federation.field(
        authenticated=True, default=None, description="Phone number in E.164."
    )
    date_of_birth: dt.date | None = strawberry.federation.field(
        authenticated=True, default=None, description="Birthday."
    )
    profile: PublicProfile | None = strawberry.field(default=None, description="What everybody may know.")

    @strawberry.federation.field(
        authenticated=True, description="The address book, defaults first; of one type if that is given."
    )
    async def addresses(self, info: Info, type: AddressType | None = None) -> list[Address]:
        book = await _address_book(info, self.id)
        return [address_of(entry) for entry in book if type is None or entry.type == type]

    @strawberry.federation.field(authenticated=True, description="The preferred address of a type.")
    async def default_address(self, info: Info, type: AddressType) -> Address | None:
        book = await _address_book(info, self.id)
        return next((address_of(entry) for entry in book if entry.is_default and entry.type == type), None)

    @strawberry.federation.field(
        authenticated=True, description="Preferences; null for a guest, and for a moment after registering."
    )
    async def preferences(self, info: Info) -> Preferences | None:
        info.context.principal.require(self.id, _SCOPE)
        stored = await info.context.loaders.preferences.load(UUID(self.id))
        return None if stored is None else preferences_of(stored)

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "User | Awaitable[User]":
        """Anybody may refer to anybody; private fields are read by the owner, by staff and by sibling services."""
        return referred_user(info, UUID(id))


# -- from ids and rows to objects -------------------------------------------------------------------------------------


def referred_user(info: Info, user_id: UUID, *path: str) -> User | Awaitable[User]:
    """The user with the plain fields that are selected under `path` filled in.

    The profile is loaded here, not by field resolvers, so that it shares its batch with the PublicProfiles that the
    same request refers to (one statement for both).
    """
    if selected_fields(info, *path) & _PROFILE_FIELDS:
        return _user_with_profile(info, user_id)
    return User(id=strawberry.ID(str(user_id)))


async def public_profile(info: Info, user_id: UUID) -> PublicProfile | None:
    """What everybody may know about a user; None when there is no such user."""
    profile = await info.context.loaders.profiles.load(user_id)
    return None if profile is None else _public(profile)


def user_of(profile: domain.Profile) -> User:
    """A profile as its owner sees it."""
    return User(
        id=strawberry.ID(str(profile.user_id)),
        first_name=profile.first_name,
        last_name=profile.last_name,
        phone_number=profile.phone_number,
        date_of_birth=profile.date_of_birth,
        profile=_public(profile),
    )


def address_of(entry: addresses.Address) -> Address:
    """An address as GraphQL shows it."""
    return Address(
        id=strawberry.ID(str(entry.id)),
        type=entry.type,
        recipient=entry.recipient,
        street=entry.street,
        street2=entry.street2,
        city=entry.city,
        state=entry.state,
        zip_code=entry.zip_code,
        country=entry.country,
        phone=entry.phone,
        is_default=entry.is_default,
        entry=entry,
    )


def preferences_of(stored: domain.Preferences) -> Preferences:
    """Preferences as GraphQL shows them."""
    return Preferences(
        email_notifications=stored.email_notifications,
        sms_notifications=stored.sms_notifications,
        push_notifications=stored.push_notifications,
        currency=stored.currency,
        language=stored.language,
        theme=stored.theme,
    )


async def _user_with_profile(info: Info, user_id: UUID) -> User:
    profile = await info.context.loaders.profiles.load(user_id)
    if not info.context.principal.may_read(user_id, _SCOPE):
        return _stranger(user_id, profile)
    return User(id=strawberry.ID(str(user_id))) if profile is None else user_of(profile)


def _stranger(user_id: UUID, profile: domain.Profile | None) -> User:
    """Somebody else's user: the public profile can be read, each private field is an error of its own."""
    refusal: Any = forbidden("The caller may not read this of another user.")
    return User(
        id=strawberry.ID(str(user_id)),
        first_name=refusal,
        last_name=refusal,
        phone_number=refusal,
        date_of_birth=refusal,
        profile=None if profile is None else _public(profile),
    )


def _public(profile: domain.Profile) -> PublicProfile:
    return PublicProfile(
        id=strawberry.ID(str(profile.user_id)),
        display_name=profile.display_name,
        avatar_url=profile.avatar_url,
        member_since=profile.created_at,
    )


async def _readable_address(info: Info, address_id: UUID) -> Address | None:
    entry = await info.context.loaders.addresses_by_id.load(address_id)
    readable = entry is not None and info.context.principal.may_read(entry.user_id, _SCOPE)
    return address_of(entry) if readable else None


async def _address_book(info: Info, user_id: str) -> list[addresses.Address]:
    info.context.principal.require(user_id, _SCOPE)
    book: list[addresses.Address] = await info.context.loaders.addresses.load(UUID(user_id))
    return book
