"""Use cases proven by reading mail: verify the address, set a forgotten password, move to another address.

Whoever asks for a mail gets the same answer after the same statements, whether or not the address has an account
(S-018). The mail itself is written by the notification service, which is told the token's id and asks for its link.
"""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg

from subgraphs.auth import attempts, credentials, one_time_tokens, repository, sessions
from subgraphs.auth.domain import (
    Account,
    Device,
    Ending,
    LinkKind,
    canonical_email,
    check_password,
    email_lookup_key,
    token_digest,
)
from subgraphs.auth.granting import Adapters, Grant, open_session, require_account
from subgraphs.auth.one_time_tokens import Proof
from subgraphs.auth.tables import DB
from subgraphs.auth.throttling import stranger_subjects
from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Conflict, Forbidden, Invalid

_MINTER = "notification"

# -- links ------------------------------------------------------------------------------------------------------------


async def mint_link(adapters: Adapters, principal: Principal, kind: str, token_id: UUID | None) -> str | None:
    """The link of a token that may still be used, for the service that writes mails; None for any other id or kind."""
    if principal.service != _MINTER:
        raise Forbidden("Links are for the service that writes mails.")
    try:
        purpose = LinkKind(kind)
    except ValueError:
        return None
    if token_id is None or not await one_time_tokens.is_usable(purpose, token_id):
        return None
    return adapters.links.url(purpose, token_id)


# -- verification -----------------------------------------------------------------------------------------------------


async def request_verification(adapters: Adapters, email: str, device: Device) -> None:
    """Have a verification mail sent, if an unverified account has the address; raises LockedOut."""
    await attempts.count_request(stranger_subjects(device.ip), path=["email"])
    await _request(adapters, LinkKind.VERIFY_EMAIL, email, "user.verification_requested", unverified_only=True)


async def verify_email(token: str) -> Account:
    """Mark the address verified; raises Invalid `INVALID_TOKEN`."""
    async with DB.transaction():
        proof, _ = await _redeemed(LinkKind.VERIFY_EMAIL, token)
        account = await repository.set_verified(proof.user_id)
        await write_events(DB, Event("user.email_verified", f"user:{account.id}", {"user_id": str(account.id)}))
    return account


# -- password ---------------------------------------------------------------------------------------------------------


async def request_password_reset(adapters: Adapters, email: str, device: Device) -> None:
    """Have a mail sent with which its reader sets a new password, if an account has the address; raises LockedOut."""
    await attempts.count_request(stranger_subjects(device.ip), path=["email"])
    await _request(adapters, LinkKind.RESET_PASSWORD, email, "user.password_reset_requested", unverified_only=False)


async def reset_password(adapters: Adapters, token: str, new_password: str, device: Device) -> Grant:
    """Set a new password, end every session and lockout of the account, and sign in.

    Raises Invalid `WEAK_PASSWORD`, after which the token still works, and `INVALID_TOKEN`.
    """
    proof = await one_time_tokens.find(LinkKind.RESET_PASSWORD, token_digest(token))
    if proof is None:
        raise _invalid_token()
    check_password(new_password, email=proof.email, path=["newPassword"])
    password_hash = await adapters.passwords.hash(new_password)
    async with DB.transaction():
        await _redeemed(LinkKind.RESET_PASSWORD, token)
        account = await repository.reset_password(proof.user_id, password_hash)
        await attempts.forget(account.email)
        await adapters.presence.end(await sessions.end_sessions(account.id, Ending.PASSWORD_CHANGE))
        grant = await open_session(adapters, account, device)
        await write_events(DB, Event("user.password_changed", f"user:{account.id}", {"user_id": str(account.id)}))
    return grant


# -- address ----------------------------------------------------------------------------------------------------------


async def request_email_change(
    adapters: Adapters, principal: Principal, new_email: str, password: str, device: Device
) -> None:
    """Have a mail sent to the new address, whose reader moves the account there.

    Raises Invalid for the address or the password, LockedOut, Conflict `EMAIL_TAKEN`: who is signed in may know (D10).
    """
    user_id = require_account(principal)
    wanted = canonical_email(new_email, path=["newEmail"])
    _, account = await credentials.of_caller(adapters.passwords, user_id, password, device, path=["password"])
    if account.email == wanted:
        raise Invalid("This is your address already.", code="SAME_EMAIL", path=["newEmail"])
    token_id = uuid4()
    async with DB.transaction():
        if await repository.lock_account(user_id) is None:
            raise Forbidden("This account is closed.", code="ACCOUNT_REQUIRED")
        holder = await repository.user_id_by_email(wanted)
        if holder not in (None, user_id):
            raise _taken(["newEmail"])
        if not await attempts.may_mail(wanted):
            message = "This address was sent several mails lately; try again later."
            raise Conflict(message, code="TOO_MANY_MAILS", path=["newEmail"])
        digest = adapters.links.token(LinkKind.CHANGE_EMAIL, token_id).digest
        await one_time_tokens.issue_change(token_id, digest, user_id, wanted)
        facts = {"user_id": str(user_id), "token_id": str(token_id), "email": wanted}
        await write_events(DB, Event("user.email_change_requested", f"user:{user_id}", facts))


async def confirm_email_change(token: str) -> Account:
    """Move the account to the address the token was mailed to; raises Invalid `INVALID_TOKEN`, Conflict `EMAIL_TAKEN`.

    Links that were mailed to the former address stop working, and its reader is told.
    """
    async with DB.transaction():
        proof, former = await _redeemed(LinkKind.CHANGE_EMAIL, token)
        try:
            account = await repository.set_email(proof.user_id, proof.email)
        except asyncpg.UniqueViolationError as taken:
            raise _taken(["token"]) from taken
        for kind in (LinkKind.VERIFY_EMAIL, LinkKind.RESET_PASSWORD):
            await one_time_tokens.replace_older(kind, proof.user_id)
        facts = {"user_id": str(proof.user_id), "email": proof.email, "former_email": former.email}
        await write_events(DB, Event("user.email_changed", f"user:{proof.user_id}", facts))
    return account


# -- parts ------------------------------------------------------------------------------------------------------------


async def _request(adapters: Adapters, kind: LinkKind, email: str, event_type: str, *, unverified_only: bool) -> None:
    """The same statements for every address: those of nobody store no token and tell no event."""
    address = email_lookup_key(email)
    token_id = uuid4()
    async with DB.transaction():
        found = await repository.lock_account_by_email(address)
        may_mail = await attempts.may_mail(address)
        known = found is not None and may_mail and found.is_active and not (unverified_only and found.is_verified)
        user_id = found.id if found is not None and known else None
        await one_time_tokens.issue(kind, token_id, adapters.links.token(kind, token_id).digest, user_id)
        facts = {"user_id": str(user_id), "token_id": str(token_id)}
        await write_events(DB, *([Event(event_type, f"user:{user_id}", facts)] if user_id else []))


async def _redeemed(kind: LinkKind, token: str) -> tuple[Proof, Account]:
    """What the token proves, and its account as it is, locked: the account's row first, as who makes tokens does."""
    digest = token_digest(token)
    found = await one_time_tokens.find(kind, digest)
    account = None if found is None else await repository.lock_account(found.user_id)
    proof = await one_time_tokens.use(kind, digest)
    if account is None or proof is None:
        raise _invalid_token()
    return proof, account


def _invalid_token() -> Invalid:
    return Invalid("This link was used, replaced by a newer one, or is too old.", code="INVALID_TOKEN", path=["token"])


def _taken(path: list[str]) -> Conflict:
    return Conflict("Another account has this address.", code="EMAIL_TAKEN", path=path)
