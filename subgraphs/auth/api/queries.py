"""Queries of auth: the caller, their sessions, and the accounts for staff."""

from collections.abc import Awaitable
from uuid import UUID

import strawberry

from subgraphs.auth import repository, sessions
from subgraphs.auth.api.types import Session, UserConnection, UserEdge, UserFilter
from subgraphs.auth.api.user import User, readable_user, user_of
from subgraphs.auth.domain import Account, AccountFilter
from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import list_size
from subgraphs.kernel.filters import filter_text
from subgraphs.kernel.identifiers import uuid_or_none
from subgraphs.kernel.pagination import Page, page_request
from subgraphs.kernel.selections import selects


@strawberry.type(description="Entry points of reading.")
class Query:
    @strawberry.federation.field(authenticated=True, description="The caller; null for a sibling service.")
    def me(self, info: Info) -> User | None:
        caller = info.context.principal.user_id
        return None if caller is None else readable_user(info, caller)  # type: ignore[return-value]

    @strawberry.federation.field(
        authenticated=True, description="Devices on which the caller is signed in, last seen first; a guest has none."
    )
    async def my_sessions(self, info: Info) -> list[Session]:
        principal = info.context.principal
        if principal.kind != "user":
            return []
        return [
            Session(
                id=strawberry.ID(str(session.id)),
                device=session.user_agent,
                ip=session.ip,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                current=str(session.id) == principal.session,
            )
            for session in await sessions.sessions_of(principal.required_user())
        ]

    @strawberry.federation.field(requires_scopes=[["users:read"]], description="One user; null if there is none.")
    def user(self, info: Info, id: strawberry.ID) -> User | None:
        key = uuid_or_none(id)
        return None if key is None else _existing(info, key)  # type: ignore[return-value]

    @strawberry.federation.field(
        requires_scopes=[["users:read"]],
        directives=[list_size("first")],
        description="Users, newest first.",
    )
    async def users(
        self, info: Info, filter: UserFilter | None = None, first: int | None = 20, after: str | None = None
    ) -> UserConnection:
        request = page_request(repository.NEWEST, info.context.principal, first=first, after=after)
        wanted = _filter(filter)
        page: Page[Account] = Page([], has_next=False, has_previous=False)
        if selects(info, "edges") or selects(info, "pageInfo"):
            accounts = await repository.accounts_page(wanted, request)
            page = request.page(accounts, key=lambda account: (account.created_at, account.id))
        return UserConnection(
            edges=[UserEdge(cursor=edge.cursor, node=user_of(edge.node)) for edge in page.edges],
            page_info=page.info,
            total_count=await repository.count_accounts(wanted) if selects(info, "totalCount") else 0,
        )


def _existing(info: Info, user_id: UUID) -> Awaitable[User | None]:
    """The user, looked up even when only the id is selected: staff ask whether there is one."""

    async def look_up() -> User | None:
        account = await info.context.loaders.accounts.load(user_id)
        return None if account is None else user_of(account)

    return look_up()


def _filter(given: UserFilter | None) -> AccountFilter:
    if given is None:
        return AccountFilter()
    prefix = filter_text(given.email_prefix, "filter", "emailPrefix")
    return AccountFilter(prefix, given.role, given.active, given.verified)
