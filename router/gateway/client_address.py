"""The network address a request comes from, as far as it can be believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from functools import lru_cache

from starlette.types import Scope

__all__ = ["address_reader", "network_of"]


def address_reader(trusted_proxies: int) -> Callable[[Scope, Mapping[bytes, bytes]], bytes | None]:
    """A function that finds the client's address behind this many proxies of the operator's own.

    Each proxy appends the address that it was called from to ``x-forwarded-for``, so the entry that many places from
    the right was written by one of ours; what stands before it was written by the client. None when there is no
    address: a Unix socket, or fewer entries than proxies.
    """

    def peer(scope: Scope, headers: Mapping[bytes, bytes]) -> bytes | None:
        client = scope.get("client")
        return None if client is None else _address(str(client[0]))

    def forwarded(scope: Scope, headers: Mapping[bytes, bytes]) -> bytes | None:
        hops = headers.get(b"x-forwarded-for", b"").split(b",")
        return None if len(hops) < trusted_proxies else _address(hops[-trusted_proxies].strip().decode("latin-1"))

    return forwarded if trusted_proxies else peer


@lru_cache(maxsize=4096)
def network_of(address: bytes) -> str:
    """What one subscriber usually has: the address, or of IPv6 the /64 it is in."""
    found = ipaddress.ip_address(address.decode())
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


@lru_cache(maxsize=4096)
def _address(text: str) -> bytes | None:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0])).encode()  # a zone means something to its host alone
    except ValueError:
        return None
