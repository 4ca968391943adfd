"""The entity User as auth knows it, and how an id becomes one: who may read whom, what a selection makes us load."""

import datetime as dt
from collections.abc import Awaitable
from uuid import UUID

import strawberry

from subgraphs.auth.domain import Account, Role
from subgraphs.kernel.context import Info
from subgraphs.kernel.errors import forbidden
from subgraphs.kernel.selections import selected_fields

_FREE_FIELDS = frozenset({"id", "__typename"})
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)  # of a User that was not loaded because nobody asks

strawberry.enum(Role, description="What an account may do in the shop.")


@strawberry.federation.type(keys=["id"], description="A person with an account, or a guest.")
class User:
    id: strawberry.ID = strawberry.field(description="Identity of the user in the whole shop.")
    email: str | None = strawberry.federation.field(
        authenticated=True, default=None, description="E-mail address; a guest has none."
    )
    email_verified: bool = strawberry.federation.field(
        authenticated=True, default=False, description="Whether the user proved to read mail at the address."
    )
    role: Role = strawberry.federation.field(
        authenticated=True, default=Role.CUSTOMER, description="Role of the account."
    )
    active: bool = strawberry.federation.field(
        authenticated=True, default=True, description="Whether the user may sign in."
    )
    last_login_at: dt.datetime | None = strawberry.federation.field(
        authenticated=True, default=None, description="When the user last signed in with the password."
    )
    created_at: dt.datetime = strawberry.federation.field(
        authenticated=True, default=_NEVER, description="When the account was registered."
    )

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "User | Awaitable[User | None]":
        """See :func:`readable_user`."""
        return readable_user(info, id)


def readable_user(info: Info, user_id: str | UUID) -> "User | Awaitable[User | None]":
    """The user if the caller may read them; loaded only when the selection needs more than the id.

    Owner, staff with `users:read` and sibling services may. Others get FORBIDDEN whether the user exists or not, so
    that the answer is no oracle; None stands for a user who does not exist. Raises ValueError for a malformed id.
    """
    key = UUID(str(user_id))
    if selected_fields(info) <= _FREE_FIELDS:
        return User(id=strawberry.ID(str(key)))
    if not info.context.principal.may_read(key, "users:read"):
        raise forbidden("The caller may not read this user.")
    return _loaded_user(info, key)


def granted_user(info: Info, user_id: UUID) -> "User | Awaitable[User | None]":
    """The user who just signed in, for the `user` of a payload."""
    if selected_fields(info, "user") <= _FREE_FIELDS:
        return User(id=strawberry.ID(str(user_id)))
    return _loaded_user(info, user_id)


def user_of(account: Account) -> User:
    """An account as GraphQL shows it."""
    return User(
        id=strawberry.ID(str(account.id)),
        email=account.email,
        email_verified=account.is_verified,
        role=account.role,
        active=account.is_active,
        last_login_at=account.last_login_at,
        created_at=account.created_at,
    )


async def _loaded_user(info: Info, user_id: UUID) -> User | None:
    account = await info.context.loaders.accounts.load(user_id)
    if account is not None:
        return user_of(account)
    principal = info.context.principal
    if principal.kind == "guest" and principal.owns(user_id):
        return await _guest(info, user_id)
    return None


async def _guest(info: Info, guest_id: UUID) -> User | None:
    """A guest has no account: everything about them is in their session."""
    opened_at = await info.context.resources.presence.opened_at(info.context.principal.session)
    return None if opened_at is None else User(id=strawberry.ID(str(guest_id)), created_at=opened_at)
