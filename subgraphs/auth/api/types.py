"""GraphQL types of auth beside the entity: sessions, tokens, connections, payloads, inputs."""

import datetime as dt

import strawberry

from subgraphs.auth.api.user import User
from subgraphs.auth.domain import LockedOut, Role
from subgraphs.kernel.errors import UserError, user_error
from subgraphs.kernel.shared_types import PageInfo


@strawberry.type(description="A device on which the user is signed in.")
class Session:
    id: strawberry.ID = strawberry.field(description="Identity of the session.")
    device: str | None = strawberry.field(description="User agent of the sign-in, if it gave one.")
    ip: str | None = strawberry.field(description="Address from which the session was last renewed.")
    created_at: dt.datetime = strawberry.field(description="When the user signed in.")
    last_seen_at: dt.datetime = strawberry.field(description="When the session was opened or last renewed.")
    current: bool = strawberry.field(description="Whether it is the session of this very request.")


@strawberry.type(description="An edge of a list of users.")
class UserEdge:
    cursor: str = strawberry.field(description="Position of this user in the list.")
    node: User = strawberry.field(description="The user.")


@strawberry.type(description="A page of a list of users, newest first.")
class UserConnection:
    edges: list[UserEdge] = strawberry.field(description="The users of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    total_count: int = strawberry.field(description="How many users the filter keeps; counted only when selected.")


@strawberry.input(description="Which users to list; what is left out does not restrict.")
class UserFilter:
    email_prefix: str | None = strawberry.field(default=None, description="Beginning of the e-mail address.")
    role: Role | None = strawberry.field(default=None, description="Role of the account.")
    active: bool | None = strawberry.field(default=None, description="Whether the user may sign in.")
    verified: bool | None = strawberry.field(default=None, description="Whether the e-mail address is verified.")


@strawberry.type(description="What a client needs to call the shop as somebody.")
class Tokens:
    access_token: str = strawberry.field(description="Signed token for the Authorization header; short-lived.")
    refresh_token: str = strawberry.field(description="Opaque token that is exchanged for the next pair, once.")
    expires_in: int = strawberry.field(description="Seconds until the access token ends.")
    token_type: str = strawberry.field(default="Bearer", description="Scheme of the Authorization header.")


@strawberry.type(description="The answer to a sign-in.")
class AuthPayload:
    tokens: Tokens | None = strawberry.field(default=None, description="The tokens, unless there are errors.")
    user: User | None = strawberry.field(default=None, description="Who signed in; a guest has only an id.")
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why nobody was signed in.")


@strawberry.type(description="The answer to a request that gives nothing back.")
class OkPayload:
    ok: bool = strawberry.field(description="Whether it was done.")
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why it was not done.")


@strawberry.type(description="The answer to a change of an account.")
class UserPayload:
    user: User | None = strawberry.field(default=None, description="The account after the change.")
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why nothing changed.")


@strawberry.type(description="Too many failed attempts; even the right password is refused until the time is over.")
class LockedOutError(UserError):
    retry_after_seconds: int = strawberry.field(description="Seconds until the next attempt is looked at.")


@user_error.register
def _(refusal: LockedOut) -> UserError:
    return LockedOutError(
        message=refusal.message,
        code=refusal.code,
        path=refusal.path,
        retry_after_seconds=refusal.retry_after_seconds,
    )


@strawberry.input(description="What a person gives to get an account.")
class RegisterInput:
    email: str = strawberry.field(description="E-mail address; one account each.")
    password: str = strawberry.field(description="Password of at least 8 characters.")
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Family name.")
    locale: str | None = strawberry.field(default=None, description="Preferred language as a BCP 47 tag, like pt-BR.")
    guest_token: str | None = strawberry.field(
        default=None, description="Access token of the guest whose basket goes with the account."
    )
