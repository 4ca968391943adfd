"""One room's PostgreSQL database: Piccolo's engine with the limits the source document asks for.

``DB = Database("auth")`` is made when ``tables.py`` is imported and knows no address; ``await DB.open(settings)`` gives
it one, so the same process can hold six of them, and tests can point one at several databases in turn.
Statements are run by ``fetch``, ``fetch_row``, ``fetch_value`` and ``execute`` with ``$1`` parameters, or by Piccolo's
own queries; inside ``async with DB.transaction()`` both use the transaction's connection. jsonb columns come back as
Python objects; a ``str`` given for one is taken as JSON text, anything else is serialised. Changes made while
``acting`` is set tell the audit trail who makes them; for that even a single one runs in a transaction.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Literal

import asyncpg
import orjson
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from subgraphs.kernel.acting import acting
from subgraphs.kernel.database_metrics import DatabaseMetrics
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.settings import DatabaseSettings

logger = logging.getLogger("stoa.database")

_CLIENT_GRACE_SECONDS = 5  # the server's statement_timeout should speak first
_CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|WITH\b.*\b(INSERT INTO|UPDATE|DELETE FROM))\b", re.DOTALL)
_CONNECTION_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


class StatementLog:
    """Texts of the SQL statements of one request, in order; BEGIN and COMMIT are not statements."""

    __slots__ = ("texts",)

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __len__(self) -> int:
        return len(self.texts)


statement_log: contextvars.ContextVar[StatementLog | None] = contextvars.ContextVar("statement_log", default=None)


class Transaction(PostgresTransaction):
    """Piccolo's transaction with a bounded wait for a connection, and one statement at a time on it (D32).

    Nesting joins the outer transaction. Two awaits gathered inside one are serialised, never interleaved.
    """

    def __init__(self, engine: Database, allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested)
        self.database = engine
        self.lock = asyncio.Lock()

    async def get_connection(self) -> Any:
        return await self.database.acquire()

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return await super().__aenter__()
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction()
            await self.transaction.__aenter__()
            await _tell_actor(self.connection)
        except BaseException as error:
            lost = _is_lost(error, self.connection)
            await self.database.release(self.connection)
            if lost:
                raise Unavailable(f"The {self.database.room} database went away.") from error
            raise
        self.context = self.database.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if self._parent is not None:
            return False
        self.database.current_transaction.reset(self.context)
        try:
            await self.transaction.__aexit__(exception_type, exception, traceback)
        except (*_CONNECTION_LOST, asyncpg.InterfaceError) as lost:
            if exception is None:
                raise Unavailable("The database connection was lost.") from lost
        finally:
            await self.database.release(self.connection)
        return False


class Database(PostgresEngine):
    """The engine that a room's tables are bound to; unusable until opened."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.settings: DatabaseSettings | None = None
        self.metrics: DatabaseMetrics | None = None  # those of the application that has it open
        self._closing: Any = None  # the pool that still waits for running statements
        super().__init__(config={"database": f"{room}_db"})

    async def get_version(self) -> float:
        """Piccolo asks at import time, before there is an address; 15 is the oldest supported server."""
        return 15.0

    # -- life -------------------------------------------------------------------------------------------------------

    async def open(self, settings: DatabaseSettings) -> None:
        """Connect the pool; raises :class:`Unavailable` when the server does not answer."""
        if self.pool is not None:
            raise RuntimeError(f"the {self.room} database is already open")
        try:
            self.pool = await asyncpg.create_pool(
                **settings.connect_arguments(),
                min_size=settings.pool_min,
                max_size=settings.pool_max,
                max_queries=settings.max_queries,
                max_inactive_connection_lifetime=settings.idle_lifetime,
                timeout=10.0,
                command_timeout=settings.statement_timeout_ms / 1000 + _CLIENT_GRACE_SECONDS,
                server_settings=server_settings(settings),
                init=prepare_connection,
            )
        except (*_CONNECTION_LOST, TimeoutError) as error:
            raise Unavailable(f"The database {settings.name} at {settings.host} does not answer: {error}") from error
        self.settings = settings
        self.config = settings.connect_arguments()

    async def close(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - a drain limit, then terminate
        """Wait for running statements, then close every connection."""
        pool, self.pool = self.pool, None
        if pool is None:
            return
        self._closing = pool
        try:
            await asyncio.wait_for(pool.close(), timeout)
        except TimeoutError:
            pool.terminate()
        finally:
            self._closing = None

    @asynccontextmanager
    async def opened(self, settings: DatabaseSettings) -> AsyncIterator[Database]:
        """``async with DB.opened(settings)``: open now, close at the end."""
        await self.open(settings)
        try:
            yield self
        finally:
            await self.close()

    # -- connections ------------------------------------------------------------------------------------------------

    async def acquire(self) -> Any:
        """A pooled connection within the acquire timeout (S-081), else :class:`Unavailable`."""
        started = time.perf_counter()
        try:
            connection = await self._acquire()
        except Unavailable:
            if self.metrics is not None:
                self.metrics.pool_refused.inc()
            raise
        if self.metrics is not None:
            self.metrics.pool_wait.observe(time.perf_counter() - started)
        return connection

    async def _acquire(self) -> Any:
        if self.pool is None or self.settings is None:
            raise Unavailable(f"The {self.room} database is not open.")
        try:
            # Not acquire(timeout=...): before Python 3.12 that loses a cancellation that comes with the connection.
            async with asyncio.timeout(self.settings.acquire_timeout):
                return await self.pool.acquire()
        except (*_CONNECTION_LOST, TimeoutError, asyncpg.InterfaceError) as error:
            raise Unavailable(f"No connection to the {self.room} database became free in time.") from error
        except asyncpg.PostgresError as error:  # no statement was run: the server, or its configuration, lets nobody in
            logger.warning("the %s database refuses connections: %s", self.room, error)
            raise Unavailable(f"The {self.room} database refuses connections.") from error

    async def release(self, connection: Any) -> None:
        """Give a connection back; a pool that was closed meanwhile has already taken it.

        One that ends while it is made ready for the next is thrown away: its last statement has been answered.
        """
        pool = self.pool or self._closing
        if pool is None:
            return
        try:
            await pool.release(connection)
        except Exception as error:
            if not _is_lost(error, connection):
                raise
            logger.warning("a connection to the %s database was lost after its work: %s", self.room, error)

    async def get_new_connection(self) -> Any:
        """A connection outside the pool, e.g. for LISTEN or a lock held for long; the caller closes it."""
        if self.settings is None:
            raise Unavailable(f"The {self.room} database is not open.")
        try:
            connection = await asyncpg.connect(
                **self.settings.connect_arguments(),
                timeout=10.0,
                server_settings={**server_settings(self.settings), "idle_in_transaction_session_timeout": "0"},
            )
        except (*_CONNECTION_LOST, TimeoutError) as error:
            raise Unavailable(f"The {self.room} database does not answer.") from error
        await prepare_connection(connection)
        return connection

    def transaction(self, allow_nested: bool = True) -> Transaction:
        """``async with DB.transaction():`` commit at the end, roll back on an exception."""
        return Transaction(engine=self, allow_nested=allow_nested)

    @property
    def in_transaction(self) -> bool:
        """Whether the current task is inside ``transaction()``."""
        return self.current_transaction.get() is not None

    # -- statements -------------------------------------------------------------------------------------------------

    async def fetch(self, sql: str, *arguments: object) -> list[Any]:
        """All rows of one parameterised statement (asyncpg records: ``row["name"]``)."""
        return await self._run("fetch", sql, arguments)  # type: ignore[no-any-return]

    async def fetch_row(self, sql: str, *arguments: object) -> Any:
        """The first row or None."""
        return await self._run("fetchrow", sql, arguments)

    async def fetch_value(self, sql: str, *arguments: object) -> Any:
        """The first column of the first row, or None."""
        return await self._run("fetchval", sql, arguments)

    async def execute(self, sql: str, *arguments: object) -> int:
        """Run a statement; answers how many rows it touched."""
        tag: str = await self._run("execute", sql, arguments)
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """One statement for many rows of parameters, in one round trip; counted as one statement."""
        await self._run("executemany", sql, (rows,))

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Piccolo's queries come through here."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self._run("fetch", sql, tuple(arguments))

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Piccolo's DDL comes through here."""
        return await self._run("fetch", ddl, ())

    async def _run(self, method: str, sql: str, arguments: Sequence[Any]) -> Any:
        log = statement_log.get()
        if log is not None:
            log.texts.append(sql)
        if not self.in_transaction and acting.get() is not None and _CHANGES.match(sql):
            async with self.transaction():
                return await self._send(method, sql, arguments)
        return await self._send(method, sql, arguments)

    async def _send(self, method: str, sql: str, arguments: Sequence[Any]) -> Any:
        transaction: Any = self.current_transaction.get()
        if transaction is not None:
            async with transaction.lock:
                return await self._send_on(transaction.connection, method, sql, arguments)
        connection = await self.acquire()
        try:
            return await self._send_on(connection, method, sql, arguments)
        finally:
            await self.release(connection)

    async def _send_on(self, connection: Any, method: str, sql: str, arguments: Sequence[Any]) -> Any:
        started = time.perf_counter()
        try:
            return await getattr(connection, method)(sql, *arguments)
        except Exception as error:
            if _is_lost(error, connection):
                raise Unavailable(f"The {self.room} database went away.") from error
            raise
        finally:
            if self.metrics is not None:
                self.metrics.ran(sql, time.perf_counter() - started)


def _is_lost(error: BaseException, connection: Any) -> bool:
    """asyncpg says InterfaceError when a connection ended between two statements, and for much else, too."""
    if isinstance(error, _CONNECTION_LOST):
        return True
    return isinstance(error, asyncpg.InterfaceError) and has_ended(connection)


def has_ended(connection: Any) -> bool:
    """Whether a pooled connection is dead; the pool takes one that dies back at once, from whoever has it."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def _tell_actor(connection: Any) -> None:
    """Settings of this transaction only, so that a pooled connection carries nobody's name on (D08)."""
    if (who := acting.get()) is not None:
        await connection.execute(
            "SELECT set_config('app.actor_id', $1, true), set_config('app.request_id', $2, true)",
            str(who.actor_id or ""),
            who.request_id,
        )


async def connection_states(database: Database) -> dict[str, int]:
    """How many connections to this database are active, idle or otherwise; the server's own workers have no state."""
    rows = await database.fetch(
        """
        SELECT state, count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND state IS NOT NULL GROUP BY state
        """
    )
    return {row["state"]: row["n"] for row in rows}


def server_settings(settings: DatabaseSettings) -> dict[str, str]:
    """Session settings of every connection (S-083, D01, D29)."""
    return {
        "application_name": settings.application_name,
        "timezone": "UTC",
        "statement_timeout": str(settings.statement_timeout_ms),
        "lock_timeout": str(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(settings.idle_in_transaction_timeout_ms),
    }


async def prepare_connection(connection: Any) -> None:
    """Teach a new connection to speak Python objects for json and jsonb."""
    for type_name in ("json", "jsonb"):
        await connection.set_type_codec(type_name, encoder=_encode_json, decoder=orjson.loads, schema="pg_catalog")


def _encode_json(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
