"""Checks of a password. Every one is an attempt that is counted, and costs the same whatever is wrong."""

from __future__ import annotations

from uuid import UUID

from subgraphs.auth import attempts, repository
from subgraphs.auth.domain import Account, Device, email_lookup_key
from subgraphs.auth.passwords import Passwords, Verdict
from subgraphs.auth.repository import Credentials
from subgraphs.auth.throttling import password_subjects
from subgraphs.kernel.refusals import Forbidden, Invalid


async def by_email(passwords: Passwords, email: str, password: str, device: Device) -> tuple[Credentials, Verdict]:
    """The credentials of an open account that the password fits.

    Raises Invalid `INVALID_CREDENTIALS`, and LockedOut after too many attempts, also for a password that would fit.
    An address without account takes the same statements and the same hash, and is locked out in the same way.
    """
    address = email_lookup_key(email)
    subjects = password_subjects(address, device.ip)
    await attempts.admit(subjects, path=["email"])
    stored = await repository.credentials_by_email(address)
    verdict = await passwords.verify(stored.password_hash if stored else None, password)
    succeeded = stored is not None and verdict.correct and stored.is_active
    await attempts.settle(subjects, succeeded=succeeded)
    if stored is None or not succeeded:
        raise invalid_credentials()
    return stored, verdict


async def of_caller(
    passwords: Passwords, user_id: UUID, password: str, device: Device, *, path: list[str]
) -> tuple[Credentials, Account]:
    """The credentials of a signed-in user who shows the password again.

    Raises Invalid `INVALID_CREDENTIALS`, LockedOut: whoever found an open session may not guess here either.
    """
    account = (await repository.accounts_by_id([user_id])).get(user_id)
    stored = await repository.credentials_by_id(user_id)
    if account is None or stored is None:
        raise Forbidden("This account is closed.", code="ACCOUNT_REQUIRED")
    subjects = password_subjects(account.email, device.ip)
    await attempts.admit(subjects, path=path)
    verdict = await passwords.verify(stored.password_hash, password)
    await attempts.settle(subjects, succeeded=verdict.correct)
    if not verdict.correct:
        raise Invalid("The current password is wrong.", code="INVALID_CREDENTIALS", path=path)
    return stored, account


def invalid_credentials() -> Invalid:
    """The refusal of a sign-in, in the same words whatever was wrong."""
    return Invalid("The e-mail address or the password is wrong.", code="INVALID_CREDENTIALS", path=["email"])
