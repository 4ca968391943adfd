"""Who calls, by access token and session."""

from __future__ import annotations

from collections.abc import Sequence

from router.gateway.config import IdentityConfig
from router.gateway.errors import RequestError
from router.gateway.identity.caller import Caller
from router.gateway.identity.forwarding import Forwarder
from router.gateway.identity.keys import KeysUnavailableError
from router.gateway.identity.sessions import SessionStore, SessionsUnavailableError
from router.gateway.identity.tokens import InvalidTokenError, TokenVerifier

__all__ = ["TokenIdentity"]


class TokenIdentity:
    """The ``Identity`` of a router that is configured to verify tokens."""

    is_configured = True

    def __init__(self, config: IdentityConfig) -> None:
        self._verifier = TokenVerifier(config)
        self._sessions = None if config.session is None else SessionStore(config.session)
        self._forwarder = None if config.forward is None else Forwarder(config.forward)

    async def start(self) -> None:
        """Fetch the key set for the first time; failing is not fatal, the next token tries again."""
        await self._verifier.keys.refresh()

    async def identify(self, authorization: bytes) -> Caller:
        """The caller whose token (RFC 6750 §2.1) and session are good; raises ``RequestError`` (401 or 503)."""
        scheme, _, token = authorization.partition(b" ")
        token = token.strip()
        if scheme.lower() != b"bearer" or not token:
            raise _unauthenticated("The Authorization header must be 'Bearer' and an access token.")
        try:
            caller = self._verifier.remembered(token) or await self._verifier.verify(token)
            await self._check_session(caller)
        except InvalidTokenError as error:
            raise _unauthenticated(str(error)) from None
        except KeysUnavailableError:
            raise _unavailable("Access tokens cannot be verified at the moment.") from None
        except SessionsUnavailableError:
            raise _unavailable("Sessions cannot be checked at the moment.") from None
        return caller

    async def lapsed(self, callers: Sequence[Caller]) -> list[str | None]:
        """Tokens that have expired and sessions that have ended, in one question to Redis per thousand sessions.

        Raises ``RequestError`` (503) when Redis is away, unless it may be done without.
        """
        reasons: list[str | None] = [
            "The access token has expired." if self._verifier.is_expired(caller) else None for caller in callers
        ]
        sessions = list(dict.fromkeys(caller.session for caller in callers if caller.session is not None))
        if self._sessions is None or not sessions:
            return reasons
        try:
            ended = await self._sessions.ended(sessions)
        except SessionsUnavailableError:
            raise _unavailable("Sessions cannot be checked at the moment.") from None
        return [
            reason or ("The session has ended." if caller.session in ended else None)
            for reason, caller in zip(reasons, callers, strict=True)
        ]

    def authorization(self, caller: Caller) -> bytes | None:
        """The router's own token about ``caller``."""
        if self._forwarder is None or not caller.is_authenticated:
            return None
        return self._forwarder.authorization(caller)

    async def readiness(self) -> dict[str, bool]:
        """The key set, and Redis where sessions are checked."""
        if not self._verifier.keys.is_loaded:
            await self._verifier.keys.refresh()
        checks = {"keys": self._verifier.keys.is_loaded}
        if self._sessions is not None:
            checks["sessions"] = await self._sessions.ping()
        return checks

    async def close(self) -> None:
        """Close connections."""
        await self._verifier.keys.close()
        if self._sessions is not None:
            await self._sessions.close()

    async def _check_session(self, caller: Caller) -> None:
        if self._sessions is None:
            return
        if caller.session is None:
            raise InvalidTokenError("The access token has no session.")
        if not await self._sessions.is_alive(caller.session):
            raise InvalidTokenError("The session has ended.")


def _unauthenticated(message: str) -> RequestError:
    challenge = f'Bearer realm="graphql", error="invalid_token", error_description="{message}"'
    return RequestError(401, "UNAUTHENTICATED", message, headers=((b"www-authenticate", challenge.encode()),))


def _unavailable(message: str) -> RequestError:
    return RequestError(503, "SERVICE_UNAVAILABLE", message, headers=((b"retry-after", b"1"),))
