"""Who calls, for one request: token, session, and what subgraphs are told."""

from __future__ import annotations

from router.gateway.config import IdentityConfig
from router.gateway.errors import RequestError
from router.gateway.identity.caller import ANONYMOUS, Caller
from router.gateway.identity.forwarding import Forwarder
from router.gateway.identity.keys import KeysUnavailableError
from router.gateway.identity.sessions import SessionStore, SessionsUnavailableError
from router.gateway.identity.tokens import InvalidTokenError, TokenVerifier

__all__ = ["IdentityService"]


class IdentityService:
    """Verifies callers as configured. Without configuration nobody is asked and everybody is anonymous."""

    def __init__(self, config: IdentityConfig | None) -> None:
        self._verifier = None if config is None else TokenVerifier(config)
        self._sessions = None if config is None or config.session is None else SessionStore(config.session)
        self._forwarder = None if config is None or config.forward is None else Forwarder(config.forward)

    @property
    def is_configured(self) -> bool:
        """Whether tokens are looked at."""
        return self._verifier is not None

    async def start(self) -> None:
        """Fetch the key set for the first time; failing is not fatal, the next token tries again."""
        if self._verifier is not None:
            await self._verifier.keys.refresh()

    async def identify(self, authorization: bytes | None) -> Caller:
        """The caller that the ``Authorization`` header proves; raises ``RequestError`` (401 or 503)."""
        if self._verifier is None or authorization is None:
            return ANONYMOUS
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

    def authorization(self, caller: Caller) -> bytes | None:
        """What subgraphs are sent about ``caller``, ``None`` for an anonymous one."""
        if self._forwarder is None or not caller.is_authenticated:
            return None
        return self._forwarder.authorization(caller)

    async def readiness(self) -> dict[str, bool]:
        """Which of the things that identity needs are there."""
        checks: dict[str, bool] = {}
        if self._verifier is not None:
            if not self._verifier.keys.is_loaded:
                await self._verifier.keys.refresh()
            checks["keys"] = self._verifier.keys.is_loaded
        if self._sessions is not None:
            checks["sessions"] = await self._sessions.ping()
        return checks

    async def close(self) -> None:
        """Close connections."""
        if self._verifier is not None:
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
