"""JSON bodies and query strings that carry a request, right or wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_from_bytes

from tests.router.hostile.documents import Request, document

__all__ = ["body", "parameters", "query_string"]

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**53, 2**63, 2**64, 1.5, 1e308, "", "x", "\x00", "\ud83d\ude00", "x" * 70_000, [],
    [[]], {}, {"": None}, {"a": {"b": []}}, ["a", 1, None], {"__proto__": 1}, {"__typename": "Person"}, "CHILD",
    {"kind": 3}, {"nameLike": {"a": 1}}, {"nameLike": [None]}, {"kind": None, "kinds": 1}, [{"kind": "ADULT"}], "[]",
)  # fmt: skip
_HASH = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
_EXTENSIONS: tuple[Any, ...] = (
    {"persistedQuery": {"version": 1, "sha256Hash": _HASH}}, {"persistedQuery": {"version": "1", "sha256Hash": 5}},
    {"persistedQuery": None}, {"persistedQuery": []}, {"persistedQuery": "x" * 10_000},
    {"persistedQuery": {"version": 2}},
    {"persistedQuery": {"version": 1, "sha256Hash": "\x00" * 64}}, {"operationId": {}},
    {"subscription": {"callbackUrl": "x"}},
    {"clientLibrary": {"name": 1}}, {"": ""}, {"trace": [True] * 5000}, {"a": {"b": {"c": [[[{}]]]}}},
)  # fmt: skip
_RAW: tuple[bytes, ...] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1" + b"0" * 400, b"1." + b"0" * 5000 + b"1", b"01", b"1e",
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\x00"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b"'x'", b"undefined",
    b"// c\n1", b"/* */1", b"[1,]", b'{"a":1,}', b'{"a":1,"a":2}', b"{a:1}", b"tru", b"-", b"+1", b".5", b'"\\x41"',
    b"",
    b"[" * 99 + b"]" * 99, b"[" * 10_000 + b"]" * 10_000, b"[" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"a":' * 95 + b"1" + b"}" * 95, b"[" + b"1," * 100_000 + b"1]", b"[" + b"{}," * 20_000 + b"{}]",
    b'"' + b"a" * 1_000_000 + b'"', b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}",
)  # fmt: skip
_KEYS = ("query", "variables", "operationName", "extensions")


def parameters(draw: random.Random) -> dict[str, Any]:
    """The members of a request, some of them wrong."""
    request = document(draw)
    members: dict[str, Any] = {"query": request.query, "variables": _variables(request, draw)}
    if draw.random() < 0.5:
        members["operationName"] = request.name
    if draw.random() < 0.15:
        members["extensions"] = draw.choice(_EXTENSIONS)
    if draw.random() < 0.1:
        members[draw.choice((*_KEYS, "documentId", "id", "operations", ""))] = draw.choice(_VALUES)
    if draw.random() < 0.05:
        members.pop(draw.choice(_KEYS), None)
    return members


def _variables(request: Request, draw: random.Random) -> dict[str, Any]:
    variables = dict(request.variables)
    if draw.random() < 0.3:
        variables[draw.choice((*variables, "json", "w", "id", "n", "v", "unknown"))] = draw.choice(_VALUES)
    return variables


def body(draw: random.Random) -> bytes:
    """What a POST carries."""
    text = json.dumps(parameters(draw), ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")
    if draw.random() < 0.6:
        return text
    return draw.choice(_SPOIL)(text, draw)


def _raw_member(text: bytes, draw: random.Random) -> bytes:
    """One more member, written as JSON does not allow it, or once again."""
    key = draw.choice(_KEYS).encode()
    member = b'"%b":%b' % (key, draw.choice(_RAW))
    if draw.random() < 0.5:
        return b"{%b,%b" % (member, text[1:])
    return b"%b,%b}" % (text[:-1], member)


def _raw_variable(_: bytes, draw: random.Random) -> bytes:
    return b'{"query":"query ($json: JSON) { echo(json: $json) }","variables":{"json":%b}}' % draw.choice(_RAW)


def _typed_variable(_: bytes, draw: random.Random) -> bytes:
    query = (
        b"query ($id: ID!, $w: Filter, $n: Boolean) { person(id: $id) { id @skip(if: $n) } people(where: $w) { id } }"
    )
    values = [draw.choice(_RAW) if draw.random() < 0.5 else json.dumps(draw.choice(_VALUES)).encode() for _ in range(3)]
    return b'{"query":"%b","variables":{"id":%b,"w":%b,"n":%b}}' % (query, *values)


def _flip(text: bytes, draw: random.Random) -> bytes:
    spoiled = bytearray(text)
    for _ in range(draw.choice((1, 2, 10))):
        spoiled[draw.randrange(len(spoiled))] = draw.randrange(256)
    return bytes(spoiled)


_SPOIL: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _raw_member,
    _raw_member,
    _raw_variable,
    _raw_variable,
    _typed_variable,
    _flip,
    lambda text, draw: text[: draw.randrange(len(text))],
    lambda text, draw: text + draw.choice((b"}", b"x", b"\x00", b"{}", b" " * 70_000, b"\r\n")),
    lambda text, draw: b"[%b]" % b",".join([text] * draw.choice((1, 2, 20))),
    lambda text, draw: draw.choice((b"[]", b"{}", b"null", b'""', b"0", b"true", b"", b" ", b"[[]]", b"[null]")),
    lambda text, draw: b"\xef\xbb\xbf" + text,
    lambda text, draw: text.decode("utf-8", "replace").encode(
        draw.choice(("utf-16", "utf-32", "utf-7", "cp037")), "replace"
    ),
    lambda text, draw: draw.randbytes(draw.choice((1, 20, 3000))),
    lambda text, draw: draw.choice(_RAW),
    lambda text, draw: b" " * 2_000_001 + text,
)


_LONGEST = 60_000


def query_string(draw: random.Random) -> bytes:
    """What a GET carries, percent-encoded well or badly."""
    members = parameters(draw)
    pairs = []
    for name, value in members.items():
        text = value if isinstance(value, str) else json.dumps(value)
        pairs.append(f"{quote(name)}={quote(text[:_LONGEST].encode('utf-8', 'surrogatepass'))}".encode())
    if draw.random() < 0.5:
        pairs[draw.randrange(len(pairs))] += draw.choice(
            (b"%", b"%z", b"%zz", b"%ff", b"%ed%a0%80", b"%00", b"+", b"&&", b"=", b";", b"&query=", b"&variables=[",
             b"&variables=%5B1%5D", b"&extensions=null", b"&%FF=1", b"&x=" * 200, b"#f", b"?", b"&extensions=%22",
             b"%u0041")
        )  # fmt: skip
    if draw.random() < 0.1:
        return quote_from_bytes(draw.randbytes(50)).encode()
    return b"&".join(pairs)[: draw.choice((_LONGEST, _LONGEST, 500))]
