"""A user's stored payment methods: the provider keeps the card, this room its reusable token (S-040, D18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Conflict, Forbidden, Invalid, Missing
from subgraphs.payment.domain import (
    MAX_METHODS,
    MethodDetails,
    MethodRecord,
    PaymentMethodType,
    check_token,
    is_expired,
)
from subgraphs.payment.provider import PaymentProvider, ProviderRefused, ProviderUnavailable
from subgraphs.payment.repository import methods
from subgraphs.payment.tables import DB

_TOKEN_PATH = ["input", "providerToken"]
_PATIENCE_SECONDS = 60.0
"""Far longer than the provider is waited for: whose row is still being stored then, its request is over."""


async def save_method(
    principal: Principal, token: str, kind: PaymentMethodType, is_default: bool, provider: PaymentProvider
) -> MethodRecord:
    """Store the means behind a provider's token; the same card again is the same method.

    The first method becomes the default. Refuses guests, card numbers, tokens the provider does not know, another kind
    than stated, expired cards, and more than MAX_METHODS. The provider stores nothing that no row tells of: the row is
    there before it is asked, and what was stored in vain leaves it by the way of removed methods.
    """
    user_id = _account(principal)
    details = await _described(token, kind, provider)
    async with DB.transaction():
        held = await methods.lock_methods(user_id)
        method = _same(held, details)
        if method is not None:
            return await _defaulted(method, held, is_default)
        if len(held) >= MAX_METHODS:
            raise _too_many()
        storing = await methods.begin_storing(user_id, provider.name, token, details, _PATIENCE_SECONDS)
    try:
        stored = await provider.store(token, str(storing))
    except ProviderRefused as refusal:
        await methods.delete(storing)
        raise _unknown_token() from refusal
    async with DB.transaction():
        held = await methods.lock_methods(user_id)
        method = _same(held, details)
        if method is None and len(held) < MAX_METHODS:
            method = await methods.finish_storing(storing, stored)
            if method is None:
                raise ProviderUnavailable("The method was not stored in time.")
        elif method is None or method.id != storing:
            await methods.give_up_storing(storing, stored)
        if method is not None:
            return await _defaulted(method, held, is_default)
    raise _too_many()


async def _described(token: str, kind: PaymentMethodType, provider: PaymentProvider) -> MethodDetails:
    """What stands behind the token, if it may be stored."""
    check_token(token, _TOKEN_PATH)
    try:
        details = await provider.describe(token)
    except ProviderRefused as refusal:
        raise _unknown_token() from refusal
    if details.type is not kind:
        raise Invalid(
            f"The token stands for a {details.type.name}.", code="PAYMENT_METHOD_TYPE_MISMATCH", path=["input", "type"]
        )
    if is_expired(details, datetime.now(UTC).date()):
        raise Invalid("The card has expired.", code="CARD_EXPIRED", path=_TOKEN_PATH)
    return details


def _unknown_token() -> Invalid:
    return Invalid("The payment provider does not know this token.", code="TOKEN_INVALID", path=_TOKEN_PATH)


def _same(held: list[MethodRecord], details: MethodDetails) -> MethodRecord | None:
    return next((method for method in held if method.details.fingerprint == details.fingerprint), None)


def _too_many() -> Conflict:
    return Conflict(f"At most {MAX_METHODS} payment methods are stored.", code="TOO_MANY_METHODS")


async def _defaulted(method: MethodRecord, held: list[MethodRecord], is_default: bool) -> MethodRecord:
    """The method, made the default if it is to be, or is the first one; ``held`` are those before it."""
    if not is_default and held:
        return method
    await methods.set_default(method.user_id, method.id)
    return replace(method, is_default=True)


async def set_default_method(principal: Principal, method_id: UUID) -> MethodRecord:
    """Make it the user's only default; of parallel calls the last one stands."""
    user_id = _account(principal)
    async with DB.transaction():
        method = _own(await methods.lock_methods(user_id), method_id)
        await methods.set_default(user_id, method_id)
    return replace(method, is_default=True)


async def remove_method(principal: Principal, method_id: UUID) -> MethodRecord:
    """Remove it from the user's list; answers what was removed."""
    async with DB.transaction():
        method = _own(await methods.lock_methods(_account(principal)), method_id)
        await methods.soft_delete_method(method_id)
    return replace(method, is_default=False)


def _account(principal: Principal) -> UUID:
    if principal.kind != "user":
        raise Forbidden("Payment methods are stored for accounts only.", code="ACCOUNT_REQUIRED")
    return principal.required_user()


def _own(held: list[MethodRecord], method_id: UUID) -> MethodRecord:
    for method in held:
        if method.id == method_id:
            return method
    raise Missing("There is no such payment method.", path=["id"])
