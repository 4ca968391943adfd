"""GraphQL types of user beside the entities: payloads, inputs, address rules."""

import datetime as dt

import strawberry
from strawberry import UNSET

from subgraphs.kernel.errors import UserError
from subgraphs.user.addresses import AddressType
from subgraphs.user.api.entities import Address, User
from subgraphs.user.domain import Theme


@strawberry.type(description="What an address of a country needs.")
class AddressRules:
    required_fields: list[str] = strawberry.field(description="Fields of AddressInput that must not be empty.")
    postcode_pattern: str | None = strawberry.field(
        description="Regular expression of a whole postcode; null when any is taken or the country has none."
    )
    states: list[str] | None = strawberry.field(description="Codes of the states; null when there is no list.")


@strawberry.type(description="The answer to a change of profile or preferences.")
class ProfilePayload:
    user: User | None = strawberry.field(default=None, description="The caller after the change.")
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why nothing changed.")


@strawberry.type(description="The answer to a change of the address book.")
class AddressPayload:
    address: Address | None = strawberry.field(default=None, description="The address after the change.")
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why nothing changed.")


@strawberry.input(description="New values of a profile; what is left out stays, null clears.")
class ProfileInput:
    first_name: str | None = strawberry.field(default=UNSET, description="Given name; cannot be cleared.")
    last_name: str | None = strawberry.field(default=UNSET, description="Family name; cannot be cleared.")
    phone_number: str | None = strawberry.field(default=UNSET, description="Phone number with its country code.")
    avatar_url: str | None = strawberry.field(default=UNSET, description="Public https address of the picture.")
    date_of_birth: dt.date | None = strawberry.field(default=UNSET, description="Birthday, in the past.")


@strawberry.input(description="An address as a person writes it; `addressRules` tells what its country needs.")
class AddressInput:
    type: AddressType = strawberry.field(description="What the address is for.")
    recipient: str | None = strawberry.field(default=None, description="Name on the parcel, if not the account's own.")
    street: str = strawberry.field(description="Street and house number.")
    street2: str | None = strawberry.field(default=None, description="Second street line: flat, floor, company.")
    city: str = strawberry.field(description="City, town or post town.")
    state: str | None = strawberry.field(default=None, description="State or province; its code if there is a list.")
    zip_code: str | None = strawberry.field(default=None, description="Postcode.")
    country: str = strawberry.field(description="ISO 3166-1 code of two letters.")
    phone: str | None = strawberry.field(default=None, description="Phone number for the carrier.")
    is_default: bool | None = strawberry.field(
        default=False, description="Whether it becomes the preferred address of its type."
    )


@strawberry.input(description="New values of preferences; what is left out stays.")
class PreferencesInput:
    email_notifications: bool | None = strawberry.field(default=None, description="Whether e-mail may be sent.")
    sms_notifications: bool | None = strawberry.field(default=None, description="Whether text messages may be sent.")
    push_notifications: bool | None = strawberry.field(default=None, description="Whether push messages may be sent.")
    currency: str | None = strawberry.field(default=None, description="ISO 4217 code prices are preferred in.")
    language: str | None = strawberry.field(default=None, description="BCP 47 tag of the preferred language.")
    theme: Theme | None = strawberry.field(default=None, description="Appearance of the clients.")
