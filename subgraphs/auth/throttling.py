"""Rules of guessing: how many attempts are free, and how long the pause grows. Pure; `attempts` counts them.

Attempts are counted under the address that was typed, whether or not an account has it, and under the network address
they come from. A person's own wrong guesses are free up to a point; then each further one doubles the pause, up to a
quarter of an hour. Right passwords may come in parallel (tabs that sign in at once), and so may the first wrong ones;
once the free guesses are used, one attempt at a time is looked at.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Policy:
    """How one kind of attempt is limited."""

    kind: str
    free: int
    """Failures before there is a pause."""
    parallel: int
    """Attempts looked at together while failures are free, those failures included."""
    first_pause: timedelta
    longest_pause: timedelta
    memory: timedelta
    """After this long without a failure they are forgotten."""
    success_forgives: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose attempts are counted together."""

    policy: Policy
    name: str


ACCOUNT: Final = Policy(
    "account",
    free=5,
    parallel=25,
    first_pause=timedelta(seconds=30),
    longest_pause=timedelta(minutes=15),
    memory=timedelta(hours=24),
)
ADDRESS: Final = Policy(
    "address",
    free=50,
    parallel=100,
    first_pause=timedelta(seconds=30),
    longest_pause=timedelta(minutes=15),
    memory=timedelta(hours=1),
    success_forgives=False,  # or one account of one's own would buy guesses at others
)
MAIL: Final = Policy(
    "mail",
    free=3,
    parallel=25,
    first_pause=timedelta(minutes=5),
    longest_pause=timedelta(hours=1),
    memory=timedelta(hours=24),
    success_forgives=False,
)
"""Mails that strangers can have sent to an address."""
STRANGER: Final = Policy(
    "stranger",
    free=60,
    parallel=100,
    first_pause=timedelta(minutes=1),
    longest_pause=timedelta(hours=1),
    memory=timedelta(hours=1),
    success_forgives=False,
)
"""Registrations and mails to anybody that a network address has asked for, whatever came of them."""


def password_subjects(email: str, ip: str | None) -> list[Subject]:
    """Whose attempts a password check counts as."""
    account = Subject(ACCOUNT, email)
    return [account] if ip is None else [account, Subject(ADDRESS, network_of(ip))]


def stranger_subjects(ip: str | None) -> list[Subject]:
    """What a request of somebody unknown counts as."""
    return [] if ip is None else [Subject(STRANGER, network_of(ip))]


def network_of(ip: str) -> str:
    """The address, or for IPv6 the /64 that one subscriber usually has."""
    address = ipaddress.ip_address(ip)
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
