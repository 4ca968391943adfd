"""Which address subgraphs are told: the peer's, or what the operator's own proxies wrote; never the client's word."""

from __future__ import annotations

import pytest

from router.gateway.client_address import address_reader
from tests.router.gateway.conftest import Serve


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("203.0.113.7", None, 0, b"203.0.113.7"),
        ("203.0.113.7", b"198.51.100.1", 0, b"203.0.113.7"),
        (None, None, 0, None),
        ("10.0.0.1", b"198.51.100.1", 1, b"198.51.100.1"),
        ("10.0.0.1", b"6.6.6.6, 198.51.100.1", 1, b"198.51.100.1"),
        ("10.0.0.1", b"6.6.6.6, 198.51.100.1, 10.0.0.2", 2, b"198.51.100.1"),
        ("10.0.0.1", b"10.0.0.2", 2, None),
        ("10.0.0.1", None, 1, None),
        ("10.0.0.1", b"nonsense", 1, None),
        ("10.0.0.1", b"2001:DB8::1", 1, b"2001:db8::1"),
        ("fe80::1%eth0", None, 0, b"fe80::1"),
    ],
)
def test_the_address_is_what_a_machine_of_ours_saw(
    peer: str | None, forwarded: bytes | None, proxies: int, address: bytes | None
) -> None:
    scope = {"type": "http", "client": None if peer is None else (peer, 1234)}
    headers = {} if forwarded is None else {b"x-forwarded-for": forwarded}
    assert address_reader(proxies)(scope, headers) == address


@pytest.mark.parametrize("forward", [False, True])
async def test_subgraphs_are_told_when_the_configuration_says_so(serve: Serve, forward: bool) -> None:
    async with serve(forward_client_address=forward) as client:
        sent = {"x-forwarded-for": "6.6.6.6", "x-forwarded-user-agent": "forged", "user-agent": "browser"}
        answer = await client.ask("{ headers }", headers=sent)
    told = answer["data"]["headers"]
    assert told.get("x-forwarded-for") == ("127.0.0.1" if forward else None)
    assert told.get("x-forwarded-user-agent") == ("browser" if forward else None)
