"""Use cases of people with and without an account: register, sign in, renew, sign out.

Each takes the room's adapters, and answers values or raises a refusal. Redis is told of a new session and of an ended
one before the transaction commits, while it holds the session's row: so an ended session is never left alive there,
and when Redis does not answer, nothing has happened. When the commit fails after it, a session that Redis has lost is
renewed by its refresh token, and of one that only Redis knows nobody has a token.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from subgraphs.auth import attempts, credentials, one_time_tokens, repository, sessions
from subgraphs.auth.domain import (
    GUEST_TOKEN_PREFIX,
    USER_TOKEN_PREFIX,
    Device,
    Ending,
    LinkKind,
    Registration,
    check_password,
    checked_registration,
    mint_token,
    token_digest,
)
from subgraphs.auth.granting import Adapters, Grant, announce, guest_grant, open_session, require_account
from subgraphs.auth.sessions import Renewal
from subgraphs.auth.tables import DB
from subgraphs.auth.throttling import stranger_subjects
from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Forbidden, Invalid, Missing

# -- registration -----------------------------------------------------------------------------------------------------


async def register(adapters: Adapters, raw: Registration, guest_token: str | None, device: Device) -> None:
    """Create an account, unless the address has one: nobody can tell which from the answer or its time (S-014).

    The owner of a taken address is told by mail instead, through `user.registration_repeated`. The statements are the
    same whether the address was free, is taken, or had too many mails to be sent another.
    Raises Invalid for an input that breaks a rule, which does not depend on what is registered, and LockedOut for a
    network address that registered too many.
    """
    wanted = checked_registration(raw)
    await attempts.count_request(stranger_subjects(device.ip), path=["email"])
    password_hash = await adapters.passwords.hash(wanted.password)
    guest_id = await _living_guest(adapters, guest_token)
    token_id = uuid4()
    async with DB.transaction():
        user_id = await repository.insert_account(wanted.email, password_hash)
        owner = await repository.user_id_by_email(wanted.email)
        digest = adapters.links.token(LinkKind.VERIFY_EMAIL, token_id).digest
        await one_time_tokens.issue(LinkKind.VERIFY_EMAIL, token_id, digest, user_id)
        may_mail = await attempts.may_mail(wanted.email)
        told: list[Event] = []
        if user_id is not None:
            told.append(_registered(user_id, wanted, guest_id, token_id))
        elif owner is not None and may_mail:
            told.append(Event("user.registration_repeated", f"user:{owner}", {"user_id": str(owner)}))
        await write_events(DB, *told)


def _registered(user_id: UUID, wanted: Registration, guest_id: UUID | None, token_id: UUID) -> Event:
    return Event(
        "user.registered",
        f"user:{user_id}",
        {
            "user_id": str(user_id),
            "email": wanted.email,
            "first_name": wanted.first_name,
            "last_name": wanted.last_name,
            "locale": wanted.locale,
            "guest_id": str(guest_id) if guest_id else None,
            "token_id": str(token_id),
        },
    )


# -- sign-in ----------------------------------------------------------------------------------------------------------


async def login(adapters: Adapters, email: str, password: str, guest_token: str | None, device: Device) -> Grant:
    """Open a session; raises Invalid `INVALID_CREDENTIALS` in the same words and time whatever was wrong, LockedOut."""
    stored, verdict = await credentials.by_email(adapters.passwords, email, password, device)
    guest_id = await _living_guest(adapters, guest_token)
    async with DB.transaction():
        account = await repository.record_login(stored, verdict.replacement)
        if account is None:
            raise credentials.invalid_credentials()
        if guest_id is not None:
            await write_events(DB, _guest_linked(account.id, guest_id))
        return await open_session(adapters, account, device)


async def create_guest_session(adapters: Adapters) -> Grant:
    """Make an anonymous principal that can hold a basket and check out."""
    return guest_grant(adapters, await adapters.presence.open_guest())


async def change_password(adapters: Adapters, principal: Principal, current: str, new: str, device: Device) -> Grant:
    """Set a new password, end every session of the account and open a new one for the caller.

    Raises Invalid `INVALID_CREDENTIALS` for a wrong current password, `WEAK_PASSWORD` for an unacceptable new one,
    LockedOut. Links with which a password could have been reset stop working.
    """
    user_id = require_account(principal)
    stored, account = await credentials.of_caller(adapters.passwords, user_id, current, device, path=["current"])
    check_password(new, email=account.email, path=["new"])
    password_hash = await adapters.passwords.hash(new)
    async with DB.transaction():
        changed = await repository.replace_password(stored, password_hash)
        if changed is None:
            raise credentials.invalid_credentials()
        await one_time_tokens.replace_older(LinkKind.RESET_PASSWORD, user_id)
        ended = await sessions.end_sessions(user_id, Ending.PASSWORD_CHANGE)
        await adapters.presence.end(ended)
        grant = await open_session(adapters, changed, device)
        await write_events(DB, Event("user.password_changed", f"user:{user_id}", {"user_id": str(user_id)}))
    return grant


# -- renewal ----------------------------------------------------------------------------------------------------------


async def refresh(adapters: Adapters, refresh_token: str, device: Device) -> Grant:
    """Exchange a refresh token for a new pair; raises Invalid `INVALID_REFRESH_TOKEN`.

    A token works once, and once more within the grace; any further use means that two parties hold it, so the whole
    session ends (D11).
    """
    if refresh_token.startswith(GUEST_TOKEN_PREFIX):
        guest = await adapters.presence.renew_guest(refresh_token)
        if guest is None:
            raise _invalid_refresh_token()
        return guest_grant(adapters, guest)
    digest = token_digest(refresh_token)
    async with DB.transaction():
        renewal = await sessions.lock_session_of_token(digest, device)
        if renewal is None:
            raise _invalid_refresh_token()
        successor = uuid4()
        if await sessions.take_token(digest, successor):
            token = mint_token(USER_TOKEN_PREFIX)
            await sessions.insert_token(successor, renewal, token, device)
            return await announce(adapters, renewal, token.value)
        if await sessions.token_was_used(digest):
            await _end_stolen(renewal)
            await adapters.presence.end([renewal.session_id])
    raise _invalid_refresh_token()


async def _end_stolen(renewal: Renewal) -> None:
    await sessions.end_session(renewal.user_id, renewal.session_id, Ending.TOKEN_REUSE)
    facts = {"user_id": str(renewal.user_id), "session_id": str(renewal.session_id)}
    await write_events(DB, Event("user.token_reused", f"user:{renewal.user_id}", facts))


# -- sign-out ---------------------------------------------------------------------------------------------------------


async def logout(adapters: Adapters, principal: Principal) -> None:
    """End the caller's session; the router refuses it from the next request on (S-004)."""
    session_id = _session_id(principal)
    async with DB.transaction():
        if principal.kind == "user":
            await sessions.end_session(principal.required_user(), session_id, Ending.LOGOUT)
        await adapters.presence.end([session_id])


async def logout_everywhere(adapters: Adapters, principal: Principal) -> None:
    """End every session of the caller, this one included."""
    if principal.kind != "user":
        return await logout(adapters, principal)
    async with DB.transaction():
        ended = await sessions.end_sessions(principal.required_user(), Ending.LOGOUT)
        return await adapters.presence.end({*ended, _session_id(principal)})


async def revoke_session(adapters: Adapters, principal: Principal, session_id: UUID) -> None:
    """End one session of the caller; raises Missing for one that is not theirs or not alive."""
    async with DB.transaction():
        if not await sessions.end_session(require_account(principal), session_id, Ending.REVOKED):
            raise Missing("You have no such session.", path=["id"])
        await adapters.presence.end([session_id])


# -- parts ------------------------------------------------------------------------------------------------------------


async def _living_guest(adapters: Adapters, guest_token: str | None) -> UUID | None:
    """The guest whose basket goes with the account; a stale token is no reason to refuse a sign-in."""
    claim = adapters.tokens.read_guest(guest_token) if guest_token else None
    if claim is None or not await adapters.presence.alive(claim.session_id):
        return None
    return claim.guest_id


def _guest_linked(user_id: UUID, guest_id: UUID) -> Event:
    return Event("user.guest_linked", f"user:{user_id}", {"user_id": str(user_id), "guest_id": str(guest_id)})


def _session_id(principal: Principal) -> UUID:
    if principal.session is None:
        raise Forbidden("This needs a session.", code="UNAUTHENTICATED")
    return UUID(principal.session)


def _invalid_refresh_token() -> Invalid:
    return Invalid(
        "This refresh token is not valid; sign in again.", code="INVALID_REFRESH_TOKEN", path=["refreshToken"]
    )
