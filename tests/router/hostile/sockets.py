"""What a client says over a WebSocket of either subprotocol, right or wrong."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from tests.router.hostile.bodies import parameters

__all__ = ["Conversation", "conversation"]

PROTOCOLS = ("graphql-transport-ws", "graphql-ws")


@dataclass
class Conversation:
    """The messages of one connection, text or binary; ``raw`` bytes follow that are no frames."""

    protocol: str
    messages: list[str | bytes]
    raw: bytes = b""


def conversation(draw: random.Random) -> Conversation:
    """One connection's worth."""
    protocol = draw.choice(PROTOCOLS)
    start = "subscribe" if protocol == PROTOCOLS[0] else "start"
    stop = "complete" if protocol == PROTOCOLS[0] else "stop"
    messages: list[str | bytes] = [] if draw.random() < 0.1 else ['{"type":"connection_init"}']
    for number in range(draw.choice((1, 1, 3, 10))):
        id_ = draw.choice(("a", "b", str(number), str(number)))
        kind = draw.random()
        if kind < 0.6:
            messages.append(json.dumps({"id": id_, "type": start, "payload": parameters(draw)}))
        elif kind < 0.7:
            messages.append(json.dumps({"id": id_, "type": stop}))
        else:
            messages.append(_junk(draw, start))
    raw = draw.choice(_FRAMES) if draw.random() < 0.2 else b""
    return Conversation(protocol, messages, raw)


def _junk(draw: random.Random, start: str) -> str | bytes:
    return draw.choice(
        ("", "{", "[]", "null", "1", "{}", '{"type":1}', '{"type":"x"}', '{"type":["connection_init"]}', "\x00",
         '{"type":"connection_init"}', '{"type":"connection_init","payload":[]}', '{"type":"ping","payload":{"a":NaN}}',
         '{"type":"connection_init","payload":{"headers":{"authorization":"\\u0000"},"Authorization":{"a":1}}}',
         '{"type":"ping"}', '{"type":"ping","payload":{"a":[1]}}', '{"type":"pong"}', '{"type":"connection_terminate"}',
         f'{{"type":"{start}"}}', f'{{"type":"{start}","id":"a"}}', f'{{"type":"{start}","id":1,"payload":{{}}}}',
         f'{{"type":"{start}","id":"","payload":{{}}}}', f'{{"type":"{start}","id":"{"i" * 300}","payload":{{}}}}',
         f'{{"type":"{start}","id":"a","payload":[]}}', f'{{"type":"{start}","id":"a","payload":{{"query":1}}}}',
         f'{{"type":"{start}","id":"\\ud83d\\ude00","payload":{{"query":"{{hello}}"}}}}', "[" * 10_000,
         f'{{"type":"{start}","id":"a","payload":{{"query":"{{hello}}","variables":{"[" * 5000}{"]" * 5000}}}}}',
         '{"type":"ping","payload":' + '{"a":' * 5000 + "1" + "}" * 5001, '{"type":"ping","payload":{"a":' + "[" * 300
         + "]" * 300 + "}}", '{"type":"connection_init","payload":' + '{"a":' * 300 + "1" + "}" * 301, "x" * 70_000,
         b"", b"\xff\xfe", b'{"type":"connection_init"}')
    )  # fmt: skip


_FRAMES = (
    b"\x81\x05hello",  # not masked
    b"\x81\x85\x00\x00\x00\x00\xff\xfe\xfd\xfc\xfb",  # text that is not UTF-8
    b"\xc1\x80\x00\x00\x00\x00",  # a reserved bit
    b"\x83\x80\x00\x00\x00\x00",  # a reserved kind
    b"\x80\x80\x00\x00\x00\x00",  # a continuation of nothing
    b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",  # more than there can be
    b"\x81\xfe\xff\xff\x00\x00\x00\x00",  # less than announced
    b"\x89\xfe\x00\x80\x00\x00\x00\x00" + b"a" * 128,  # a ping that is too long
    b"\x88\x81\x00\x00\x00\x00\x03",  # a close with half a code
    b"\x88\x82\x00\x00\x00\x00\x00\x01",  # a close with a code that there is not
    b"\x01\x80\x00\x00\x00\x00" * 3,  # messages within messages
    b"\x89\x80\x00\x00\x00\x00" * 200,  # many pings
    b"GET / HTTP/1.1\r\n\r\n",
)
