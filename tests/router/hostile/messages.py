"""HTTP/1.1 requests as bytes: how a request is sent, right or wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.router.hostile.bodies import body, query_string

__all__ = ["Message", "message"]


@dataclass
class Message:
    """Bytes to send, in pieces, and what may answer them."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    is_http: bool = True
    """Whether it is HTTP at all: otherwise a refusal in plain text, or a closed connection, is an answer, too."""
    is_whole: bool = True
    """Whether the request ends. If not, the client stops in the middle."""

    @property
    def is_graphql(self) -> bool:
        return self.target.partition(b"?")[0] == b"/graphql"

    def parts(self) -> list[bytes]:
        """What goes over the wire."""
        lines = [b"%b %b HTTP/1.1" % (self.method, self.target), *(b"%b: %b" % header for header in self.headers)]
        return [b"\r\n".join(lines) + b"\r\n\r\n", *self.pieces]


_TYPES = (
    b"application/json;charset=utf-8", b'application/json; charset="utf8"', b"application/json; charset=utf-16",
    b"APPLICATION/JSON", b"text/plain", b"", b"application/graphql", b"application/x-www-form-urlencoded", b"a/b; \xff",
    b"multipart/form-data; boundary=x", b"multipart/form-data", b"application/json, application/json", b"json",
    b";" * 5000,
)  # fmt: skip
_ACCEPTS = (
    b"application/json", b"application/graphql-response+json", b"*/*", b"", b"text/event-stream", b"text/html",
    b"multipart/mixed;deferSpec=20220824, application/json", b"multipart/mixed;incrementalSpec=v0.2",
    b"multipart/mixed",
    b"multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json", b"multipart/mixed;subscriptionSpec=9",
    b"application/json;q=0", b"application/json;q=nan", b"application/json;q=1e999, */*;q=-1",
    b"text/event-stream, */*;q=0",
    b"*/*;q=x", b"image/png", b";;;,,,===", b"\xff\xfe", b"a/b," * 5000, b"application/*;q=0.5;q=2",
    b'multipart/mixed;"',
    b"application/graphql-response+json, application/json;q=0.9, text/event-stream, multipart/mixed",
)  # fmt: skip
_JUNK = (
    (b"x-request-id", b"a b"), (b"x-request-id", b"<script>"), (b"x-request-id", b"9" * 300), (b"origin", b"null"),
    (b"origin", b"http://[::1"), (b"origin", b"\xe9\xe9"), (b"authorization", b"Bearer \xff"), (b"authorization", b""),
    (b"content-encoding", b"gzip"), (b"content-encoding", b"identity"), (b"expect", b"100-continue"), (b"expect", b"x"),
    (b"upgrade", b"h2c"), (b"upgrade", b"websocket"), (b"connection", b"close"), (b"connection", b"upgrade, x"),
    (b"sec-fetch-site", b"cross-site"), (b"apollo-require-preflight", b"1"), (b"cookie", b"a=b; " * 900),
    (b"apollographql-client-name", b"\x80" * 500), (b"apollographql-client-version", b"\t"), (b"x-forwarded-for",
    b"::::"),
    (b"traceparent", b"00-x"), (b"accept-encoding", b"gzip, br, x;q=y"), (b"range", b"bytes=0-1"), (b"if-match", b"*"),
    (b"host", b"two.test"), (b"x-http-method-override", b"DELETE"), (b"user-agent", b"\xf0\x9f\x98\x80"), (b"te", b"x"),
)  # fmt: skip
_METHODS = (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"PROPFIND")
_TARGETS = (
    b"/", b"//graphql", b"/graphql/", b"/graphql/../graphql", b"/GRAPHQL", b"/graphql%00", b"/%67raphql", b"/metrics",
    b"/graphql#x", b"/health?x=%", b"/ready", b"http://127.0.0.1/graphql", b"/graphql;x", b"/%ff%fe",
    b"/" + b"a" * 9000,
)  # fmt: skip


def message(draw: random.Random) -> Message:
    """One request."""
    kind = draw.random()
    if kind < 0.12:
        made = Message(draw.choice((b"GET", b"GET", b"GET", b"HEAD")), b"/graphql?" + query_string(draw))
    elif kind < 0.18:
        made = Message(draw.choice(_METHODS), draw.choice((b"/graphql", *_TARGETS)))
    else:
        made = _post(draw)
    _add_headers(made, draw)
    if draw.random() < 0.07:
        draw.choice((_bomb, _huge_header, _bad_header, _bad_line, _noise))(made, draw)
    if made.method == b"GET" and (b"upgrade", b"websocket") in made.headers:
        made.is_http = False  # the handshake of a WebSocket with something missing
    return made


def _post(draw: random.Random) -> Message:
    content = body(draw)
    type_ = b"application/json" if draw.random() < 0.9 else draw.choice(_TYPES)
    if draw.random() < 0.05:
        content, type_ = _multipart(content, draw), b"multipart/form-data; boundary=x"
    made = Message(b"POST", b"/graphql", [(b"content-type", type_)])
    framing = draw.random()
    if framing < 0.75:
        made.headers.append((b"content-length", b"%d" % len(content)))
        made.pieces = [content]
    elif framing < 0.9:
        _chunk(made, content, draw)
    else:
        _misframe(made, content, draw)
    return made


def _multipart(content: bytes, draw: random.Random) -> bytes:
    parts = [
        b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n' + content,
        b'--x\r\ncontent-disposition: form-data; name="map"\r\n\r\n{"0": ["variables.file"]}',
        b'--x\r\ncontent-disposition: form-data; name="0"; filename="\xff\r\n\r\n' + draw.randbytes(100),
        b"--x--\r\n",
    ]
    draw.shuffle(parts)
    return b"\r\n".join(parts[: draw.randrange(1, 5)])


def _chunk(made: Message, content: bytes, draw: random.Random) -> None:
    """Bodies in pieces, down to single bytes."""
    made.headers.append((b"transfer-encoding", b"chunked"))
    size = 1 if len(content) < 2000 else len(content) // 50
    extension = draw.choice((b"", b"", b";a=b", b';"' + b"x" * 500))
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    made.pieces = [b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks]
    if extension.startswith(b';"'):
        made.is_http = False
    made.pieces.append(draw.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nx-trailer: 1\r\n\r\n")))


def _misframe(made: Message, content: bytes, draw: random.Random) -> None:
    """Lengths that are no lengths, or another body's."""
    made.is_http = False
    made.pieces = [content]
    wrong = draw.choice(
        (b"-1", b"x", b"", b"1" * 30, b"9" * 5000, b"0x10", b"+5", b"1, 2", b"%d" % (len(content) + 9), b"3", b"0")
    )
    made.headers.append((b"content-length", wrong))
    if draw.random() < 0.2:
        made.headers.append((b"content-length", b"%d" % len(content)))
    if draw.random() < 0.2:
        made.headers.append((b"transfer-encoding", draw.choice((b"chunked", b"gzip, chunked", b"x"))))
        made.pieces = [draw.choice((b"zz\r\n", b"5\r\nab", b"ffffffffffffffffff\r\n", b"-1\r\n", b"\x00"))]
    made.is_whole = False


def _add_headers(made: Message, draw: random.Random) -> None:
    made.headers.insert(0, (b"host", b"router.test"))
    if draw.random() < 0.6:
        made.headers.append((b"accept", draw.choice(_ACCEPTS)))
    for _ in range(draw.choice((0, 0, 0, 1, 2, 5))):
        made.headers.append(draw.choice(_JUNK))
    if sum(name == b"host" for name, _ in made.headers) > 1:
        made.is_http = False  # RFC 9112 §3.2


def _bomb(made: Message, draw: random.Random) -> None:
    made.headers += [(b"x-%d" % number, b"v") for number in range(draw.choice((500, 3000, 20_000)))]
    made.is_http = False


def _huge_header(made: Message, draw: random.Random) -> None:
    made.headers.append(
        (draw.choice((b"x-large", b"accept", b"cookie", b"origin")), b"v" * draw.choice((30_000, 200_000)))
    )
    made.is_http = False


def _bad_header(made: Message, draw: random.Random) -> None:
    made.headers.append(
        draw.choice(((b"bad name", b"x"), (b"", b"x"), (b"x", b"a\x00b"), (b"x", b"a\nb"), (b"\xff", b"x")))
    )
    made.is_http = False


def _bad_line(made: Message, draw: random.Random) -> None:
    made.target = draw.choice(
        (b"", b" /graphql", b"/graphql /x", b"/\xff", b"/\x00", b"*", b"graphql", b"http://[x/graphql")
    )
    made.is_http = False


def _noise(made: Message, draw: random.Random) -> None:
    made.method = draw.choice(
        (b"", b"FOO", b"post", b"\x16\x03\x01\x02", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"X" * 70_000)
    )
    made.is_http = False
