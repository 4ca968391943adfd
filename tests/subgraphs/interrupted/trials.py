"""Mutations that fail at every call they make: nothing stays behind, the client is told, and trying again succeeds.

A :class:`Case` says how a mutation is made ready to succeed. Most are one transaction: of a request that failed nothing
may be left. Those that commit in steps say which tables keep what an earlier step did, why that is right, and what must
hold then (S-111).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from subgraphs.kernel.database import Database
from tests.subgraphs.interrupted.breaking import Call, Fault, breaking, is_change
from tests.subgraphs.interrupted.documents import document_of

UNAVAILABLE = "SERVICE_UNAVAILABLE"
_FAULTS = {"INTERNAL_SERVER_ERROR", "BAD_REQUEST"}
Repeat = Callable[[], Awaitable[dict[str, Any]]]
"""Sends the request once more, and answers the whole response."""
Send = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that would succeed: its variables, and who sends it."""

    variables: Mapping[str, Any]
    send: Send


@dataclass(frozen=True, slots=True)
class Case:
    """A mutation that can succeed again and again, each time with another ``prepare``.

    ``keeps`` names what an interrupted run may leave changed, for the reason in ``why``: tables as ``room.table``, or
    ``redis``. ``succeeded`` judges the result of a run that nothing interrupted, on the rows that the interrupted ones
    left. ``holds`` is what must be so after every interrupted run. A case with ``completed`` commits in steps: that is
    what must be so when an interrupted run was followed by whatever ends it, and each run gets rows of its own.
    ``again`` are codes that may refuse a request which is repeated after it was carried out and its answer lost;
    ``told`` are those of an interrupted run.
    """

    prepare: Callable[[], Awaitable[Asked]]
    keeps: Collection[str] = ()
    why: str = ""
    succeeded: Callable[[Any], bool] = lambda result: result is not None and not result.get("errors")
    completed: Callable[[Asked, Repeat], Awaitable[None]] | None = None
    holds: Callable[[], Awaitable[None]] | None = None
    again: Collection[str] = ()
    told: Collection[str] = (UNAVAILABLE,)


@dataclass(frozen=True, slots=True)
class Whole:
    """A run without faults: its calls, and where it changed something."""

    calls: Sequence[Call]
    changed: set[str]


class Contents:
    """How many rows all tables of some databases hold and who wrote one last, and every string that Redis holds."""

    def __init__(self, databases: Sequence[Database], redis: Any = None) -> None:
        self._databases = databases
        self._redis = redis
        self._queries: dict[str, str] = {}

    async def read(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for database in self._databases:
            for table, *state in await database.fetch(await self._query(database)):
                found[f"{database.room}.{table}"] = state
        if self._redis is not None:
            keys = sorted(await self._redis.keys())
            found["redis"] = dict(zip(keys, await self._redis.mget(keys), strict=True)) if keys else {}
        return found

    async def changed(self, before: Mapping[str, Any]) -> set[str]:
        """Where something is no longer what it was."""
        after = await self.read()
        return {place for place in after if after[place] != before[place]}

    async def _query(self, database: Database) -> str:
        if database.room not in self._queries:
            tables = await database.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
                "AND NOT relispartition AND relname <> 'migration' ORDER BY relname"
            )
            self._queries[database.room] = " UNION ALL ".join(
                f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM \"{name}\"" for (name,) in tables
            )
        return self._queries[database.room]


class Trials:
    """The mutations of one room, and the stores that they may change."""

    def __init__(self, room: str, contents: Contents) -> None:
        self.room = room
        self._contents = contents
        self._schema = import_module(f"subgraphs.{room}.api").schema._schema

    async def all(self, cases: Mapping[str, Case]) -> None:
        """Try every mutation that the room has; a new one fails here until it has a case."""
        assert set(self._schema.mutation_type.fields) == set(cases)
        wrong: list[str] = []
        for name, case in cases.items():
            assert bool(case.keeps) == bool(case.why), name
            await Trial(self.room, name, document_of(self._schema, name), case, self._contents, wrong).run()
        assert not wrong, "\n".join(wrong)


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutation; what is wrong with it is written down in words."""

    room: str
    name: str
    document: str
    case: Case
    contents: Contents
    wrong: list[str]

    async def run(self) -> None:
        if self.case.completed is None:
            await self._at_every_call((Fault.LOST, Fault.REFUSED))
            whole = await self._at_every_call((Fault.REFUSED, Fault.LOST))
        else:
            whole = await self._in_every_step()
        await self._broken(whole)
        for at, call in enumerate(whole.calls, 1):
            if call.durable:
                await self._unheard(at, whole)

    async def _at_every_call(self, faults: Sequence[Fault]) -> Whole:
        """The faults in turn. Answers the run that nothing interrupted: the last, on the same rows as the others."""
        asked, at = await self.case.prepare(), 0
        while True:
            at += 1
            before, fault = await self.contents.read(), faults[at % len(faults)]
            with breaking(at, fault) as plan:
                answer = await self._send(asked)
            changed = await self.contents.changed(before)
            if not plan.fired:
                if not self._succeeded(answer):
                    self._note("NOTHING BROKEN", f"answers {answer}")
                return Whole(plan.calls, changed)
            await self._judge(_place(fault, at, plan.calls), answer, changed)

    async def _in_every_step(self) -> Whole:
        """Each call of the room's own on rows of its own, the faults in turn.

        Of what siblings do within a transaction, one call stands for all: none of it is there afterwards.
        """
        asked = await self.case.prepare()
        before = await self.contents.read()
        with breaking(0, Fault.LOST) as plan:
            answer = await self._send(asked)
        if not self._succeeded(answer):
            self._note("NOTHING BROKEN", f"answers {answer}")
        whole = Whole(plan.calls, await self.contents.changed(before))
        for at, call in enumerate(whole.calls, 1):
            if f"_{self.room}_" not in call.place and not call.text.startswith(("BEGIN", "COMMIT")):
                continue
            asked, fault = await self.case.prepare(), (Fault.LOST, Fault.REFUSED)[at % 2]
            before = await self.contents.read()
            with breaking(at, fault):
                answer = await self._send(asked)
            where = _place(fault, at, whole.calls)
            await self._judge(where, answer, await self.contents.changed(before))
            await self._complete(where, asked)
        return whole

    async def _broken(self, whole: Whole) -> None:
        """A constraint that a statement breaks is the caller's business, not a fault of the service (S-109)."""
        asked = None
        for at, call in enumerate(whole.calls, 1):
            if not is_change(call.text):
                continue
            if asked is None or self.case.completed is not None:
                asked = await self.case.prepare()
            before = await self.contents.read()
            with breaking(at, Fault.BROKEN):
                answer = await self._send(asked)
            where, codes = _place(Fault.BROKEN, at, whole.calls), set(_codes(answer))
            if left := await self.contents.changed(before) - set(self.case.keeps):
                self._note(where, f"left changed {sorted(left)}")
            if codes & _FAULTS or not (codes or self.case.completed is not None):
                self._note(where, f"answers {answer}")
            await self._complete(where, asked)

    async def _unheard(self, at: int, whole: Whole) -> None:
        """What was carried out before its answer was lost is there as a whole, or not at all."""
        asked = await self.case.prepare()
        before = await self.contents.read()
        with breaking(at, Fault.UNHEARD):
            answer = await self._send(asked)
        where, kept = _place(Fault.UNHEARD, at, whole.calls), set(self.case.keeps)
        if (changed := await self.contents.changed(before) - kept) not in (set(), whole.changed - kept):
            self._note(where, f"changed {sorted(changed)} of {sorted(whole.changed)}")
        await self._judge(where, answer, set())
        if self.case.completed is not None:
            await self._complete(where, asked)
            return
        again = await self._send(asked)
        if not self._succeeded(again) and not set(_codes(again)) <= set(self.case.again):
            self._note(where, f"then answers {again}")

    async def _judge(self, where: str, answer: Mapping[str, Any], changed: set[str]) -> None:
        """The client was told, unless the work went on in spite of the fault; and what must hold does."""
        if left := changed - set(self.case.keeps):
            self._note(where, f"left changed {sorted(left)}")
        codes = set(_codes(answer))
        if codes - set(self.case.told) or not (codes or self.case.completed is not None):
            self._note(where, f"answers {answer}")
        if self.case.holds is not None:
            await self._expect(where, self.case.holds())

    async def _complete(self, where: str, asked: Asked) -> None:
        if self.case.completed is not None:
            await self._expect(where, self.case.completed(asked, lambda: self._send(asked)))

    async def _expect(self, where: str, held: Awaitable[None]) -> None:
        try:
            await held
        except AssertionError as error:
            self._note(where, f"then {error!r}")

    async def _send(self, asked: Asked) -> dict[str, Any]:
        return await asked.send(self.document, asked.variables)

    def _succeeded(self, answer: Mapping[str, Any]) -> bool:
        return "errors" not in answer and self.case.succeeded(answer["data"]["result"])

    def _note(self, where: str, words: str) -> None:
        self.wrong.append(f"{self.name}: {where}: {words}")


def _place(fault: Fault, at: int, calls: Sequence[Call]) -> str:
    return f"{fault.name} {at} {' '.join(calls[at - 1].text.split())[:70]!r}"


def _codes(answer: Mapping[str, Any]) -> list[str]:
    result = (answer.get("data") or {}).get("result")
    refused = (result.get("errors") or []) if isinstance(result, dict) else []
    return [error["extensions"]["code"] for error in answer.get("errors", ())] + [error["code"] for error in refused]
