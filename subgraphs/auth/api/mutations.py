"""Mutations of auth. Whoever calls one may be anonymous: who is signed in is in the payload."""

import ipaddress
from collections.abc import Awaitable
from typing import Any

import strawberry

from subgraphs.auth import erasure, recovery, service, staff
from subgraphs.auth.api.types import AuthPayload, OkPayload, RegisterInput, Tokens, UserPayload
from subgraphs.auth.api.user import granted_user, user_of
from subgraphs.auth.domain import USER_AGENT_MAX_LENGTH, Account, Device, Registration, Role
from subgraphs.auth.granting import Grant
from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import UserError, settle
from subgraphs.kernel.identifiers import existing_uuid, uuid_or_none


@strawberry.type(description="Entry points of writing.")
class Mutation:
    @strawberry.mutation(
        description="Create an account. The answer is the same for an address that has one already; sign in next."
    )
    async def register(self, info: Info, input: RegisterInput) -> AuthPayload:
        registration = Registration(input.email, input.password, input.first_name, input.last_name, input.locale)
        work = service.register(info.context.resources, registration, input.guest_token, _device(info))
        return await settle(_nobody, "done", work)

    @strawberry.mutation(description="Become a guest: somebody without an account who can fill a basket.")
    async def create_guest_session(self, info: Info) -> AuthPayload:
        return await _signed_in(info, service.create_guest_session(info.context.resources))

    @strawberry.mutation(description="Sign in with address and password.")
    async def login(self, info: Info, email: str, password: str, guest_token: str | None = None) -> AuthPayload:
        work = service.login(info.context.resources, email, password, guest_token, _device(info))
        return await _signed_in(info, work)

    @strawberry.mutation(description="Exchange a refresh token for a new pair of tokens; each works once.")
    async def refresh_token(self, info: Info, refresh_token: str) -> AuthPayload:
        return await _signed_in(info, service.refresh(info.context.resources, refresh_token, _device(info)))

    @strawberry.federation.mutation(authenticated=True, description="End this session.")
    async def logout(self, info: Info) -> OkPayload:
        return await _done(service.logout(info.context.resources, info.context.principal))

    @strawberry.federation.mutation(authenticated=True, description="End every session of the caller, also this one.")
    async def logout_everywhere(self, info: Info) -> OkPayload:
        return await _done(service.logout_everywhere(info.context.resources, info.context.principal))

    @strawberry.federation.mutation(authenticated=True, description="End one session of the caller.")
    async def revoke_session(self, info: Info, id: strawberry.ID) -> OkPayload:
        return await _done(_revoke(info, id))

    @strawberry.mutation(description="Prove to read mail at the address, with the token from the mail.")
    async def verify_email(self, token: str) -> UserPayload:
        return await settle(_changed, "account", recovery.verify_email(token))

    @strawberry.mutation(description="Ask for another verification mail; the answer is always the same.")
    async def resend_verification_email(self, info: Info, email: str) -> OkPayload:
        return await _done(recovery.request_verification(info.context.resources, email, _device(info)))

    @strawberry.mutation(description="Ask for a mail to set a new password; the answer is always the same.")
    async def request_password_reset(self, info: Info, email: str) -> OkPayload:
        return await _done(recovery.request_password_reset(info.context.resources, email, _device(info)))

    @strawberry.mutation(description="Set a new password with the token from the mail; ends every session.")
    async def reset_password(self, info: Info, token: str, new_password: str) -> AuthPayload:
        work = recovery.reset_password(info.context.resources, token, new_password, _device(info))
        return await _signed_in(info, work)

    @strawberry.federation.mutation(
        authenticated=True, description="Set a new password; ends every other session and gives new tokens."
    )
    async def change_password(self, info: Info, current: str, new: str) -> AuthPayload:
        context = info.context
        work = service.change_password(context.resources, context.principal, current, new, _device(info))
        return await _signed_in(info, work)

    @strawberry.federation.mutation(authenticated=True, description="Ask to move the account to another address.")
    async def request_email_change(self, info: Info, new_email: str, password: str) -> OkPayload:
        context = info.context
        work = recovery.request_email_change(context.resources, context.principal, new_email, password, _device(info))
        return await _done(work)

    @strawberry.mutation(description="Move the account to the new address, with the token from the mail.")
    async def confirm_email_change(self, token: str) -> UserPayload:
        return await settle(_changed, "account", recovery.confirm_email_change(token))

    @strawberry.federation.mutation(authenticated=True, description="Erase the account and everything personal.")
    async def erase_account(self, info: Info, password: str) -> OkPayload:
        context = info.context
        work = erasure.erase_account(context.resources, context.principal, password, _device(info))
        return await _done(work)

    @strawberry.federation.mutation(requires_scopes=[["users:write"]], description="Give an account a role.")
    async def set_user_role(self, info: Info, user_id: strawberry.ID, role: Role) -> UserPayload:
        return await settle(_changed, "account", _set_role(info, user_id, role))

    @strawberry.federation.mutation(
        requires_scopes=[["users:write"]], description="Close or open an account; closing ends its sessions."
    )
    async def set_user_active(self, info: Info, user_id: strawberry.ID, active: bool, reason: str) -> UserPayload:
        return await settle(_changed, "account", _set_active(info, user_id, active, reason))

    @strawberry.federation.mutation(inaccessible=True, description="The link of a one-time token, for a mail.")
    async def mint_link(self, info: Info, kind: str, token_id: strawberry.ID) -> str | None:
        context = info.context
        return await recovery.mint_link(context.resources, context.principal, kind, uuid_or_none(token_id))


# -- work with raw arguments ------------------------------------------------------------------------------------------


async def _revoke(info: Info, session_id: str) -> None:
    key = existing_uuid(session_id, "session", path=["id"])
    await service.revoke_session(info.context.resources, info.context.principal, key)


async def _set_role(info: Info, user_id: str, role: Role) -> Account:
    key = existing_uuid(user_id, "user", path=["userId"])
    return await staff.set_role(info.context.resources, info.context.principal, key, role)


async def _set_active(info: Info, user_id: str, active: bool, reason: str) -> Account:
    key = existing_uuid(user_id, "user", path=["userId"])
    return await staff.set_active(info.context.resources, info.context.principal, key, active=active, reason=reason)


def _device(info: Info) -> Device:
    """Where the request comes from, as the router says: it writes the one address in X-Forwarded-For itself."""
    agent = info.context.user_agent
    try:
        ip: str | None = str(ipaddress.ip_address((info.context.client_ip or "").strip()))
    except ValueError:
        ip = None
    return Device(agent[:USER_AGENT_MAX_LENGTH] if agent else None, ip)


# -- payloads ---------------------------------------------------------------------------------------------------------


async def _signed_in(info: Info, work: Awaitable[Grant]) -> AuthPayload:
    def payload(grant: Grant | None, errors: list[UserError]) -> AuthPayload:
        if grant is None:
            return AuthPayload(errors=errors)
        tokens = Tokens(access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in)
        return AuthPayload(tokens=tokens, user=granted_user(info, grant.subject), errors=errors)  # type: ignore[arg-type]

    return await settle(payload, "grant", work)


async def _done(work: Awaitable[None]) -> OkPayload:
    return await settle(_ok, "done", work)


def _ok(done: None, errors: list[UserError]) -> OkPayload:
    return OkPayload(ok=not errors, errors=errors)


def _nobody(done: Any, errors: list[UserError]) -> AuthPayload:
    """Registration signs nobody in: tokens for a new address only would tell which addresses are taken."""
    return AuthPayload(errors=errors)


def _changed(account: Account | None, errors: list[UserError]) -> UserPayload:
    return UserPayload(user=None if account is None else user_of(account), errors=errors)
