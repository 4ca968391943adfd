"""Use cases of user: change the profile, the address book, the preferences. Always the caller's own.

Each answers the new state or raises a refusal; guests and services have no account and are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Conflict, Forbidden, Invalid, Missing
from subgraphs.user import addresses, domain, repository
from subgraphs.user.addresses import ADDRESSES_PER_USER, Address, AddressEntry
from subgraphs.user.domain import Preferences, PreferencesChange, Profile, ProfileChange
from subgraphs.user.tables import DB


async def update_profile(principal: Principal, change: ProfileChange) -> Profile:
    """Change the caller's profile; raises Invalid for a value, Conflict `PROFILE_NOT_READY` right after registering."""
    user_id = require_account(principal)
    async with DB.transaction():
        profile = await repository.lock_profile(user_id)
        if profile is None:
            raise Conflict("The account is still being set up; try again.", code="PROFILE_NOT_READY")
        changed = domain.changed_profile(profile, change, today=datetime.now(UTC).date())
        await repository.save_profile(changed)
        await write_events(DB, profile_updated(changed))
    return changed


async def update_preferences(principal: Principal, change: PreferencesChange) -> Preferences:
    """Change the caller's preferences and tell whoever writes to them; raises Invalid for a value."""
    user_id = require_account(principal)
    checked = domain.checked_preferences(change)
    async with DB.transaction():
        preferences = await repository.merge_preferences(user_id, checked)
        await write_events(DB, preferences_updated(user_id, preferences))
    return preferences


async def add_address(principal: Principal, entry: AddressEntry) -> Address:
    """Add to the caller's address book; raises Refusals, Invalid `TOO_MANY_ADDRESSES`."""
    user_id = require_account(principal)
    checked = addresses.checked(entry)
    async with DB.transaction():
        await repository.lock_address_book(user_id)
        if await repository.count_addresses(user_id) >= ADDRESSES_PER_USER:
            message = f"An address book has room for {ADDRESSES_PER_USER} addresses."
            raise Invalid(message, code="TOO_MANY_ADDRESSES")
        if checked.is_default:
            await repository.clear_default(user_id, checked.type)
        return await repository.insert_address(user_id, checked)


async def update_address(principal: Principal, address_id: UUID, entry: AddressEntry) -> Address:
    """Write over an address of the caller; raises Refusals, Missing."""
    user_id = require_account(principal)
    checked = addresses.checked(entry)
    async with DB.transaction():
        await repository.lock_address_book(user_id)
        if checked.is_default:
            await repository.clear_default(user_id, checked.type, but=address_id)
        return _found(await repository.replace_address(user_id, address_id, checked))


async def remove_address(principal: Principal, address_id: UUID) -> Address:
    """Take an address out of the caller's book; orders keep their copies. Raises Missing."""
    user_id = require_account(principal)
    return _found(await repository.delete_address(user_id, address_id))


async def set_default_address(principal: Principal, address_id: UUID) -> Address:
    """Make an address of the caller the one default of its type; raises Missing."""
    user_id = require_account(principal)
    async with DB.transaction():
        await repository.lock_address_book(user_id)
        address = _found(await repository.address_of(user_id, address_id))
        await repository.clear_default(user_id, address.type, but=address_id)
        return _found(await repository.make_default(user_id, address_id))


async def address_snapshot(user_id: UUID, address_id: UUID) -> Mapping[str, Any] | None:
    """What an order keeps of a user's address; None when it is not in that user's book. For sibling services."""
    address = await repository.address_of(user_id, address_id)
    return None if address is None else address.snapshot()


def profile_updated(profile: Profile) -> Event:
    """The event with what others need to address and reach the person."""
    facts = {
        "user_id": str(profile.user_id),
        "first_name": profile.first_name,
        "phone_number": profile.phone_number,
    }
    return Event("profile.updated", f"user:{profile.user_id}", facts)


def preferences_updated(user_id: UUID, preferences: Preferences) -> Event:
    """The event that carries the whole new state."""
    return Event("preferences.updated", f"user:{user_id}", preferences.facts(user_id))


def require_account(principal: Principal) -> UUID:
    """The caller's account; raises Forbidden for guests and services."""
    if principal.kind != "user" or principal.user_id is None:
        raise Forbidden("This needs an account; sign in first.", code="ACCOUNT_REQUIRED")
    return principal.user_id


def _found(address: Address | None) -> Address:
    if address is None:
        raise Missing("There is no such address in your book.", path=["id"])
    return address
