"""Every SQL statement on attempts: what was guessed lately, by whom, and until when nobody may guess.

An attempt is admitted before its password is looked at and settled after, each in one statement under the row's lock:
guesses that come together are counted one by one, by however many processes. What a dead process admitted is forgotten
when its lease ends. Subjects are stored as digests: people also type what is no address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from subgraphs.auth.domain import LockedOut
from subgraphs.auth.tables import DB
from subgraphs.auth.throttling import ACCOUNT, MAIL, Subject

_LEASE: Final = timedelta(seconds=30)
_RETRY_SOON: Final = timedelta(seconds=1)
_DIGEST: Final = "encode(sha256(convert_to(lower($2), 'UTF8')), 'hex')"  # lower() as sign-in compares addresses
_PENDING: Final = "CASE WHEN a.pending_until > clock_timestamp() THEN a.pending ELSE 0 END"
_FAILURES: Final = "CASE WHEN a.last_failure_at > clock_timestamp() - $4::interval THEN a.failures ELSE 0 END"


async def admit(subjects: Sequence[Subject], *, path: list[str]) -> None:
    """Note an attempt that is about to be looked at, or raise LockedOut and note nothing."""
    async with DB.transaction():
        for subject in subjects:
            if not await _admit(subject):
                raise LockedOut(await _remaining(subject), path=path)


async def settle(subjects: Sequence[Subject], *, succeeded: bool) -> None:
    """Note how an admitted attempt ended."""
    async with DB.transaction():
        for subject in subjects:
            await (_forgive(subject) if succeeded else _fail(subject))


async def count_request(subjects: Sequence[Subject], *, path: list[str]) -> None:
    """Count a request that is allowed so often only, or raise LockedOut; what comes of it is all the same."""
    await admit(subjects, path=path)
    await settle(subjects, succeeded=False)


async def may_mail(address: str) -> bool:
    """Count a mail sent to an address at a request; False, after the same statements, when it had too many lately."""
    subject = Subject(MAIL, address)
    admitted = await _admit(subject)
    await _fail(subject, counts=admitted)
    return admitted


async def forget(address: str) -> None:
    """End the lockout of an address and forget what was guessed."""
    for policy in (ACCOUNT, MAIL):
        await DB.execute(f"DELETE FROM attempts WHERE kind = $1 AND subject = {_DIGEST}", policy.kind, address)


async def _admit(subject: Subject) -> bool:
    policy = subject.policy
    admitted = await DB.execute(
        f"""
        INSERT INTO attempts AS a (kind, subject, pending, pending_until)
        VALUES ($1, {_DIGEST}, 1, clock_timestamp() + $3::interval)
        ON CONFLICT (kind, subject) DO UPDATE
        SET pending = {_PENDING} + 1, pending_until = excluded.pending_until, failures = {_FAILURES}
        WHERE a.blocked_until <= clock_timestamp()
          AND {_PENDING} < CASE WHEN {_FAILURES} < $5::integer THEN $6::integer - {_FAILURES} ELSE 1 END
        """,
        policy.kind,
        subject.name,
        _LEASE,
        policy.memory,
        policy.free,
        policy.parallel,
    )
    return admitted == 1


async def _remaining(subject: Subject) -> timedelta:
    remaining: timedelta | None = await DB.fetch_value(
        f"""
        SELECT greatest(blocked_until, clock_timestamp()) - clock_timestamp() FROM attempts
        WHERE kind = $1 AND subject = {_DIGEST}
        """,
        subject.policy.kind,
        subject.name,
    )
    return max(remaining or _RETRY_SOON, _RETRY_SOON)


async def _fail(subject: Subject, *, counts: bool = True) -> None:
    """The pause begins with the last free failure and doubles with each further one; unless it counts, all stays."""
    policy = subject.policy
    await DB.execute(
        f"""
        UPDATE attempts SET
            failures = failures + 1, pending = greatest(pending - 1, 0), last_failure_at = clock_timestamp(),
            blocked_until = CASE WHEN failures + 1 < $3::integer THEN blocked_until ELSE
                greatest(blocked_until, clock_timestamp()
                         + least($5::interval, $4::interval * power(2, least(failures + 1 - $3::integer, 16)))) END
        WHERE kind = $1 AND subject = {_DIGEST} AND $6::boolean
        """,
        policy.kind,
        subject.name,
        policy.free,
        policy.first_pause,
        policy.longest_pause,
        counts,
    )


async def _forgive(subject: Subject) -> None:
    await DB.execute(
        f"""
        UPDATE attempts SET pending = greatest(pending - 1, 0), failures = CASE WHEN $3 THEN 0 ELSE failures END
        WHERE kind = $1 AND subject = {_DIGEST}
        """,
        subject.policy.kind,
        subject.name,
        subject.policy.success_forgives,
    )
