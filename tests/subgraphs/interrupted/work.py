"""Work that nobody waits for - handlers, workers, webhooks - failing at every call it makes.

A :class:`Work` says how one piece of it is made ready, attempted and carried on. Whatever call of the attempt fails:
nothing is half done afterwards, and when it is carried on it comes to the very end that an uninterrupted run comes to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.subgraphs.interrupted.breaking import Call, Fault, breaking, is_change
from tests.subgraphs.interrupted.ledger import Changes, Ledger

Names = Mapping[str, str]
"""Ids of the rows that one run works on, each with what it is."""


@dataclass(frozen=True, slots=True)
class Work:
    """``prepare`` answers what is to be done and the ids in it; ``attempt`` is the pass that is interrupted.

    ``carry_on`` is what happens next in any case: the provider repeats its message, the worker comes again. Work that
    is one transaction is whole or not there after the attempt; other work says in ``steps`` why it is not one.
    ``code`` names what does it: of two works of one code that make the same calls, the second is not interrupted.
    ``endless`` work is a loop, which outlives what nobody expects, too. ``interrupts`` says at which calls it fails,
    ``ignored`` are columns that count attempts. ``holds`` is what must be so after every attempt, ``ends`` after all.
    """

    prepare: Callable[[], Awaitable[tuple[Any, Names]]]
    attempt: Callable[[Any], Awaitable[None]]
    carry_on: Callable[[Any], Awaitable[None]]
    code: str
    endless: bool = False
    steps: str = ""
    ignored: Collection[str] = ()
    holds: Callable[[Any], Awaitable[None]] | None = None
    ends: Callable[[Any], Awaitable[None]] | None = None
    interrupts: Callable[[Call], bool] = lambda call: True


class Works:
    """Pieces of work on the same databases, each interrupted in turn."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tried: set[tuple[str, ...]] = set()
        self._wrong: list[str] = []

    async def one(self, name: str, work: Work) -> None:
        """Interrupt it at every call."""
        await WorkTrial(name, work, self._ledger, self._wrong).run(self._tried)

    def judge(self) -> None:
        """AssertionError with everything that was wrong."""
        assert not self._wrong, "\n".join(self._wrong)


class WorkTrial:
    """One piece of work; what is wrong with it is written down in words."""

    def __init__(self, name: str, work: Work, ledger: Ledger, wrong: list[str]) -> None:
        self._name = name
        self._work = work
        self._ledger = ledger
        self._wrong = wrong
        self._whole: Changes = Changes()

    async def run(self, tried: set[tuple[str, ...]]) -> None:
        """``tried`` are the codes that were interrupted before, each with its calls."""
        calls = await self._uninterrupted()
        done = (self._work.code, *(call.text for call in calls))
        if done in tried:
            return
        tried.add(done)
        for at, call in enumerate(calls, 1):
            if self._work.interrupts(call):
                for fault in _faults(at, call):
                    await self._interrupted(at, fault, call)
        if self._work.endless:
            await self._interrupted(1, Fault.STRANGE, calls[0])

    async def _uninterrupted(self) -> Sequence[Call]:
        """Its calls; it has changed something, and carrying it on once more changes nothing."""
        work = self._work
        task, names = await work.prepare()
        await self._ledger.mark()
        with breaking(0, Fault.LOST) as plan:
            await work.attempt(task)
        if work.steps:
            await work.carry_on(task)
        self._whole = await self._ledger.changes(names, work.ignored)
        if not self._whole:
            self._note("NOTHING BROKEN", "changes nothing")
        await work.carry_on(task)
        await self._end("NOTHING BROKEN", task, names)
        return plan.calls

    async def _interrupted(self, at: int, fault: Fault, call: Call) -> None:
        work, where = self._work, f"{fault.name} {at} {' '.join(call.text.split())[:70]!r}"
        task, names = await work.prepare()
        await self._ledger.mark()
        with breaking(at, fault) as plan:
            await work.attempt(task)
        if not plan.fired:
            self._note(where, f"makes {len(plan.calls)} calls")
        if not work.steps:
            between = await self._ledger.changes(names, work.ignored)
            if between not in (Changes(), self._whole):
                self._note(where, f"half done: {_difference(between, self._whole)}")
        if work.holds is not None:
            await self._expect(where, work.holds(task))
        await work.carry_on(task)
        await self._end(where, task, names)

    async def _end(self, where: str, task: Any, names: Names) -> None:
        after = await self._ledger.changes(names, self._work.ignored)
        if after != self._whole:
            self._note(where, f"ends otherwise: {_difference(after, self._whole)}")
        if self._work.ends is not None:
            await self._expect(where, self._work.ends(task))

    async def _expect(self, where: str, held: Awaitable[None]) -> None:
        try:
            await held
        except AssertionError as error:
            self._note(where, f"then {error}")

    def _note(self, where: str, words: str) -> None:
        self._wrong.append(f"{self._name}: {where}: {words}")


def _faults(at: int, call: Call) -> list[Fault]:
    faults = [(Fault.LOST, Fault.REFUSED)[at % 2]]
    if is_change(call.text):
        faults.append(Fault.BROKEN)
    if call.durable:
        faults.append(Fault.UNHEARD)
    return faults


def _difference(found: Changes, expected: Changes) -> str:
    more = [f"+ {line}" for line in sorted((found - expected).elements())]
    return "\n  ".join(["", *more, *(f"- {line}" for line in sorted((expected - found).elements()))])
