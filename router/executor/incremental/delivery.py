"""Which deferred fragments are pending, and what is delivered when.

A *group* is one ``@defer`` for one object: what the client knows as pending. A *task* completes fields that the same
groups delay, and is delivered once, with the first of its groups that is complete. A group is announced when the
fragment around it was delivered, and fails with any of its tasks; what is nested in it is then not delivered at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from router.executor.errors import ErrorPath, FormattedError
from router.executor.incremental.results import Completed, Incremental, Pending, SubsequentResult
from router.executor.incremental.values import Found, Value
from router.query_plan.nodes import DeferUsage

__all__ = ["Delivery"]


@dataclass(eq=False, slots=True)
class _Group:
    path: ErrorPath
    label: str | None
    parent: _Group | None
    tasks: list[_Task] = field(default_factory=list)
    inside: list[_Group] = field(default_factory=list)
    pending: Pending | None = None
    """Once it is announced."""
    failed: bool = False
    closed: bool = False
    """Delivered, or passed over because there was nothing to deliver."""


@dataclass(eq=False, slots=True)
class _Task:
    work: Found
    groups: list[_Group]
    value: Value | None = None
    delivered: bool = False


_Key = tuple[int, ErrorPath]


class Delivery:
    """The groups and tasks of one execution. ``complete`` completes the fields of a task whose parts are done."""

    def __init__(self, usages: Sequence[DeferUsage], complete: Callable[[Found], Value]) -> None:
        self._usages = usages
        self._complete = complete
        self._known: dict[_Key, _Group] = {}
        self._open: list[_Group] = []
        """Announced and not complete."""
        self._ready: list[_Group] = []
        """Found below what was delivered, but waiting for nothing."""
        self._announced = 0

    @property
    def has_next(self) -> bool:
        """Whether anything is pending."""
        return bool(self._open)

    def begin(self, found: Iterable[Found]) -> list[Pending]:
        """Take in what the first answer leaves out; the fragments to announce with it."""
        self._take_in(found)
        return self._announce_ready()

    def advance(self, done: frozenset[int]) -> SubsequentResult | None:
        """What can be delivered now that these parts are done; None: nothing yet. For each fragment that is, those
        pending are gone through: O(pending x delivered) at worst."""
        pending: list[Pending] = []
        incremental: list[Incremental] = []
        completed: list[Completed] = []
        while self._finish_one(done, incremental, completed):
            pending += self._announce_ready()
        if not completed:
            return None
        return SubsequentResult(pending, incremental, completed, self.has_next)

    def fail(self, error: FormattedError) -> SubsequentResult:
        """Give up on all that is pending."""
        completed = [Completed(group.pending, [error]) for group in self._open if group.pending is not None]
        self._open = []
        return SubsequentResult([], [], completed, has_next=False)

    def _finish_one(self, done: frozenset[int], incremental: list[Incremental], completed: list[Completed]) -> bool:
        """Deliver the first group that is complete or has failed; whether there was one."""
        for group in self._open:
            if group.pending is None:
                continue
            if self._run_tasks(group, done):
                failure = next((task.value for task in group.tasks if task.value and task.value.data is None), None)
                self._open.remove(group)
                if failure is not None:
                    completed.append(Completed(group.pending, failure.errors))
                    self._remove(group)
                else:
                    incremental += [_incremental(task, group) for task in group.tasks if not task.delivered]
                    for task in group.tasks:
                        task.delivered = True
                    completed.append(Completed(group.pending, []))
                    self._close(group)
                return True
        return False

    def _run_tasks(self, group: _Group, done: frozenset[int]) -> bool:
        """Complete the tasks that can be; whether the group needs nothing more, be it that it has failed."""
        for task in group.tasks:  # grows while it is gone through: a task may find more of the same group
            if task.value is None and task.work.selection.parts <= done:
                task.value = self._complete(task.work)
                self._take_in(task.value.found)
        values = [task.value for task in group.tasks]
        return all(value is not None for value in values) or any(value and value.data is None for value in values)

    def _take_in(self, found: Iterable[Found]) -> None:
        """Make tasks of what was found."""
        for work in found:
            groups = [group for usage in sorted(work.delayed_by) if (group := self._group(usage, work.path))]
            if groups:
                task = _Task(work, groups)
                for group in groups:
                    group.tasks.append(task)

    def _group(self, number: int, path: ErrorPath) -> _Group | None:
        """The group of a usage for the object at or above ``path``; None when it, or one around it, has failed."""
        usage = self._usages[number]
        own = _prefix(path, len(usage.path))
        known = self._known.get((number, own))
        if known is not None and not known.closed:
            return None if known.failed else known
        parent = None
        if usage.parent is not None:
            parent = self._group(usage.parent, path)
            if parent is None:
                return None
        group = self._known[number, own] = _Group(own, usage.label, parent)
        (self._ready if parent is None else parent.inside).append(group)
        return group

    def _announce_ready(self) -> list[Pending]:
        """Announce the groups that wait for nothing; one without fields of its own gives way to those inside it."""
        pending: list[Pending] = []
        while self._ready:
            group = self._ready.pop(0)
            if all(task.delivered for task in group.tasks):
                self._close(group)
                continue
            group.pending = Pending(str(self._announced), group.path, group.label)
            self._announced += 1
            self._open.append(group)
            pending.append(group.pending)
        return pending

    def _close(self, group: _Group) -> None:
        group.closed = True
        group.pending = None
        self._ready[:0] = group.inside

    def _remove(self, group: _Group) -> None:
        group.failed = True
        group.pending = None
        for inside in group.inside:
            self._remove(inside)


def _incremental(task: _Task, group: _Group) -> Incremental:
    """A task's data for the announced group whose object is nearest."""
    announced = [one.pending for one in task.groups if one.pending is not None]
    if group.pending is None or task.value is None or task.value.data is None:
        raise RuntimeError("only what was announced and completed can be delivered")
    nearest = group.pending
    for one in announced:
        if len(one.path) > len(nearest.path):
            nearest = one
    return Incremental(nearest, task.work.path, task.value.data, task.value.errors)


def _prefix(path: ErrorPath, keys: int) -> ErrorPath:
    """``path`` up to the object that ``keys`` response keys lead to, list indices included."""
    end = 0
    for index, element in enumerate(path):
        if isinstance(element, str):
            if keys == 0:
                return path[:end]
            keys -= 1
        end = index + 1
    return path[:end]
