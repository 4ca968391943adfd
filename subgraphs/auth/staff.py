"""Use cases of staff: give a role, close or open an account. Scopes are checked by the schema's directives."""

from __future__ import annotations

from uuid import UUID

from subgraphs.auth import attempts, repository, sessions
from subgraphs.auth.domain import Account, Ending, Role
from subgraphs.auth.granting import Adapters
from subgraphs.auth.tables import DB
from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Forbidden, Invalid, Missing

_REASON_MAX_LENGTH = 500


async def set_role(adapters: Adapters, principal: Principal, user_id: UUID, role: Role) -> Account:
    """Give an account a role; its tokens with the old scopes stop working at once and are renewed with the new ones.

    Raises Forbidden `OWN_ACCOUNT`, Missing.
    """
    _refuse_own_account(principal, user_id)
    async with DB.transaction():
        account = await repository.set_role(user_id, role)
        if account is None:
            raise _no_such_user()
        facts = {"user_id": str(user_id), "role": role.name}
        await write_events(DB, Event("user.role_changed", f"user:{user_id}", facts))
        alive = await sessions.alive_ids(user_id)
        await adapters.presence.end(alive)
    await adapters.presence.end(alive)  # what was renewed in between says the old role
    return account


async def set_active(adapters: Adapters, principal: Principal, user_id: UUID, *, active: bool, reason: str) -> Account:
    """Open or close an account; closing ends its sessions, opening ends its lockout.

    Raises Invalid `REASON_REQUIRED`, Forbidden `OWN_ACCOUNT`, Missing.
    """
    why = reason.strip()
    if not 1 <= len(why) <= _REASON_MAX_LENGTH:
        message = f"A reason has 1 to {_REASON_MAX_LENGTH} characters."
        raise Invalid(message, code="REASON_REQUIRED", path=["reason"])
    _refuse_own_account(principal, user_id)
    async with DB.transaction():
        account = await repository.set_active(user_id, active=active)
        if account is None:
            raise _no_such_user()
        if active:
            await attempts.forget(account.email)
        else:
            await adapters.presence.end(await sessions.end_sessions(user_id, Ending.DEACTIVATED))
        name = "user.activated" if active else "user.deactivated"
        await write_events(DB, Event(name, f"user:{user_id}", {"user_id": str(user_id), "reason": why}))
    return account


def _refuse_own_account(principal: Principal, user_id: UUID) -> None:
    """Nobody raises their own role or locks themselves out."""
    if principal.owns(user_id):
        raise Forbidden("Ask a colleague to change your own account.", code="OWN_ACCOUNT", path=["userId"])


def _no_such_user() -> Missing:
    return Missing("There is no such user.", path=["userId"])
