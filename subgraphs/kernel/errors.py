"""Errors as clients see them: UserError types for refused mutations, coded GraphQL errors for everything else.

``user_error(refusal)`` turns a refusal into its GraphQL type; a room registers its own:
``@user_error.register`` on a function from its Refusal subclass to its strawberry type. ``settle`` runs a use case and
answers its payload. ``present_error`` is the only way an exception leaves the service: what is not meant for clients is
logged with its traceback and masked.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import singledispatch
from typing import Any, TypeVar

import asyncpg
import strawberry
from graphql import GraphQLError

from subgraphs.kernel.refusals import Conflict, Forbidden, Invalid, Missing, Refusal, Refusals, Unavailable
from subgraphs.kernel.retrying import tell_wait

logger = logging.getLogger("stoa.graphql")


@strawberry.interface(description="Why a mutation did not do what it was asked to.")
class UserError:
    message: str = strawberry.field(description="What went wrong, for a person.")
    code: str = strawberry.field(description="What went wrong, for a program; stable.")
    path: list[str] | None = strawberry.field(description="Path of the input that caused it.", default=None)


@strawberry.federation.type(shareable=True, description="An input value is not acceptable.")
class ValidationError(UserError):
    constraint: str | None = strawberry.field(description="Name of the broken rule.", default=None)


@strawberry.federation.type(shareable=True, description="The thing does not exist or is not visible to the caller.")
class NotFoundError(UserError):
    pass


@strawberry.federation.type(shareable=True, description="The caller may not do this.")
class ForbiddenError(UserError):
    pass


@strawberry.federation.type(shareable=True, description="The thing has changed meanwhile or exists already.")
class ConflictError(UserError):
    current_version: int | None = strawberry.field(description="Version to base a retry on.", default=None)


ERROR_TYPES = (UserError, ValidationError, NotFoundError, ForbiddenError, ConflictError)


# -- refusals -> UserError ---------------------------------------------------------------------------------------------


@singledispatch
def user_error(refusal: Refusal) -> UserError:
    """The GraphQL object of a refusal; a refusal without a type of its own is a ValidationError with its code."""
    return ValidationError(message=refusal.message, code=refusal.code, path=refusal.path)


@user_error.register
def _(refusal: Invalid) -> UserError:
    return ValidationError(message=refusal.message, code=refusal.code, path=refusal.path, constraint=refusal.constraint)


@user_error.register
def _(refusal: Missing) -> UserError:
    return NotFoundError(message=refusal.message, code=refusal.code, path=refusal.path)


@user_error.register
def _(refusal: Forbidden) -> UserError:
    return ForbiddenError(message=refusal.message, code=refusal.code, path=refusal.path)


@user_error.register
def _(refusal: Conflict) -> UserError:
    return ConflictError(
        message=refusal.message, code=refusal.code, path=refusal.path, current_version=refusal.current_version
    )


def constraint_refusal(error: asyncpg.PostgresError) -> Refusal | None:
    """The refusal that a broken SQL constraint amounts to; None when the error is not about data."""
    constraint = getattr(error, "constraint_name", None)
    if isinstance(error, asyncpg.UniqueViolationError | asyncpg.ExclusionViolationError):
        return Conflict("This exists already.", code="ALREADY_EXISTS")
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return Missing("Something this refers to does not exist.", code="REFERENCE_NOT_FOUND")
    if isinstance(error, asyncpg.IntegrityConstraintViolationError | asyncpg.DataError):
        return Invalid("A value is not acceptable.", code="CONSTRAINT_VIOLATED", constraint=constraint)
    return None


P = TypeVar("P")
T = TypeVar("T")


async def settle(payload: Callable[..., P], field: str, work: Awaitable[T], **rest: object) -> P:
    """Run a use case and answer ``payload(<field>=result, errors=[], **rest)``.

    When it is refused, the field is None and ``errors`` says why; broken SQL constraints count as refusals. ``rest``
    gives the payload's other fields, the same in both cases. How long a refused caller should wait is told beside the
    payload (see `retrying`).
    """
    try:
        return payload(**{field: await work}, errors=[], **rest)
    except Refusal as refusal:
        return payload(**{field: None}, errors=_told([refusal]), **rest)
    except Refusals as refusals:
        return payload(**{field: None}, errors=_told(refusals.refusals), **rest)
    except asyncpg.PostgresError as error:
        refused = constraint_refusal(error)
        if refused is None:
            raise
        return payload(**{field: None}, errors=_told([refused]), **rest)


def _told(refusals: Sequence[Refusal]) -> list[UserError]:
    for refusal in refusals:
        tell_wait(refusal)
    return [user_error(refusal) for refusal in refusals]


# -- GraphQL errors ----------------------------------------------------------------------------------------------------


def coded_error(message: str, code: str, **extensions: object) -> GraphQLError:
    """An error for the response's ``errors`` list with ``extensions.code``."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def unauthenticated(message: str = "This needs a signed-in caller.") -> GraphQLError:
    return coded_error(message, "UNAUTHENTICATED")


def forbidden(message: str = "The caller may not see or do this.") -> GraphQLError:
    return coded_error(message, "FORBIDDEN")


def present_error(error: GraphQLError) -> dict[str, Any]:
    """The error as the client reads it; ``extensions.inputPath`` is a refusal's, like the path of a UserError."""
    formatted: dict[str, Any] = dict(error.formatted)
    extensions = dict(formatted.get("extensions") or {})
    cause = _cause(error)
    if isinstance(cause, Refusal):
        extensions.setdefault("code", cause.code)
        if cause.path is not None:
            extensions.setdefault("inputPath", cause.path)
    elif isinstance(cause, Refusals):
        extensions["code"] = cause.refusals[0].code
    elif isinstance(cause, Unavailable | TimeoutError | asyncpg.QueryCanceledError | asyncpg.LockNotAvailableError):
        logger.warning("unavailable: %s", cause)
        formatted["message"] = str(cause) if isinstance(cause, Unavailable) else "The service is busy; try again."
        extensions["code"] = Unavailable.code
    elif cause is not None:
        refused = constraint_refusal(cause) if isinstance(cause, asyncpg.PostgresError) else None
        if refused is None:
            logger.error("unexpected error at %s", error.path, exc_info=cause)
            formatted["message"] = "Internal server error."
            extensions = {"code": "INTERNAL_SERVER_ERROR"}
        else:
            formatted["message"] = refused.message
            extensions["code"] = refused.code
    else:
        extensions.setdefault("code", "BAD_REQUEST")
    formatted["extensions"] = extensions
    return formatted


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def present_errors(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [present_error(error) for error in errors]
