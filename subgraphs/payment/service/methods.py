"""A user's stored payment methods: the provider keeps the card, this room its reusable token (S-040, D18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Conflict, Forbidden, Invalid, Missing
from subgraphs.payment.domain import MAX_METHODS, MethodRecord, PaymentMethodType, check_token, is_expired
from subgraphs.payment.provider import PaymentProvider, ProviderRefused
from subgraphs.payment.repository import methods
from subgraphs.payment.tables import DB


async def save_method(
    principal: Principal, token: str, kind: PaymentMethodType, is_default: bool, provider: PaymentProvider
) -> MethodRecord:
    """Store the means behind a provider's token; the same card again is the same method.

    The first method becomes the default. Refuses guests, card numbers, tokens the provider does not know, another kind
    than stated, and expired cards.
    """
    user_id = _account(principal)
    path = ["input", "providerToken"]
    check_token(token, path)
    try:
        details = await provider.describe(token)
        stored = await provider.store(token)
    except ProviderRefused as refusal:
        raise Invalid("The payment provider does not know this token.", code="TOKEN_INVALID", path=path) from refusal
    if details.type is not kind:
        raise Invalid(
            f"The token stands for a {details.type.name}.", code="PAYMENT_METHOD_TYPE_MISMATCH", path=["input", "type"]
        )
    if is_expired(details, datetime.now(UTC).date()):
        raise Invalid("The card has expired.", code="CARD_EXPIRED", path=path)
    async with DB.transaction():
        held = await methods.lock_methods(user_id)
        method = next((item for item in held if item.details.fingerprint == details.fingerprint), None)
        if method is None:
            if len(held) >= MAX_METHODS:
                raise Conflict(f"At most {MAX_METHODS} payment methods are stored.", code="TOO_MANY_METHODS")
            method = await methods.insert_method(user_id, provider.name, stored, details)
        if is_default or not held:
            await methods.set_default(user_id, method.id)
            method = replace(method, is_default=True)
    return method


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
