"""``python -m router``: every artifact on standard output, every mistake one clear message and its exit code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from router.__main__ import main
from router.composition import compose
from tests.router.gateway.village import SUPERGRAPH
from tests.router.planner.conftest import source

PEOPLE = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { person(id: ID!): Person }
type Person @key(fields: "id") { id: ID! name: String }
"""
NOTES = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Person @key(fields: "id") { id: ID! notes: [String!] }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "supergraph.yaml").write_text(
        "subgraphs:\n"
        "  people: {routing_url: 'http://127.0.0.1:1/graphql', schema: {file: people.graphql}}\n"
        "  notes: {routing_url: 'http://127.0.0.1:1/graphql', schema: {file: notes.graphql}}\n"
    )
    (tmp_path / "people.graphql").write_text(PEOPLE)
    (tmp_path / "notes.graphql").write_text(NOTES)
    (tmp_path / "village.graphql").write_text(SUPERGRAPH)
    return tmp_path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_compose_prints_what_serve_and_plan_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compose", "--config", folder / "supergraph.yaml") == 0
    sdl = capsys.readouterr().out
    assert 'name: "people"' in sdl
    (folder / "out.graphql").write_text(sdl)
    query = "{ person(id: 1) { name notes } }"
    assert run("plan", "--supergraph", folder / "out.graphql", query) == 0
    plan = capsys.readouterr().out
    assert plan.startswith("QueryPlan {")
    assert 'service: "notes"' in plan


def test_compose_writes_a_file_only_when_it_succeeds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = folder / "out.graphql"
    assert run("compose", "--config", folder / "supergraph.yaml", "-o", output) == 0
    good = output.read_text()
    (folder / "notes.graphql").write_text(NOTES.replace('fields: "id"', 'fields: "nothing"'))
    assert run("compose", "--config", folder / "supergraph.yaml", "-o", output) == 1
    assert "KEY_INVALID_FIELDS" in capsys.readouterr().err
    assert output.read_text() == good
    assert [file.name for file in folder.glob(".*")] == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("a: [", "not YAML"),
        ("subgraphs: {a: {routing_url: u, schema: {file: absent.graphql}}}", "absent.graphql cannot be read"),
        (
            "subgraphs: {a: {schema: {subgraph_url: 'http://127.0.0.1:1/'}}}",
            "http://127.0.0.1:1/ does not tell its schema",
        ),
    ],
)
def test_compose_says_what_it_cannot_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str | None, message: str
) -> None:
    file = tmp_path / "supergraph.yaml"
    if config is not None:
        file.write_text(config)
    assert run("compose", "--config", file) == 2
    assert message in capsys.readouterr().err


def test_plan_prints_what_is_deferred(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = '{ person(id: "1") { name ... @defer(label: "later") { notes { text } } } }'
    assert run("plan", "--supergraph", folder / "village.graphql", query) == 0
    assert 'Deferred(depends: [0], path: "person", label: "later") {' in capsys.readouterr().out
    assert run("plan", "--supergraph", folder / "village.graphql", "--inline", query) == 0
    assert "Defer" not in capsys.readouterr().out


def test_plan_as_a_flowchart_with_a_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = '{ person(id: "1") { name ... @defer(label: "later") { notes { text } } } }'
    supergraph = folder / "village.graphql"
    assert run("plan", "--supergraph", supergraph, "--format", "mermaid", "--report", query) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("flowchart LR\n")
    assert '  subgraph d1["deferred person (later)"]' in printed.out
    assert "  f0 -.-> f1" in printed.out
    assert printed.err.startswith("plans compared: 2, moves: ")  # one for increments, one for a single answer


def test_plan_as_json_and_from_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = folder / "query.graphql"
    document.write_text("query A { hello } query B { person(id: 1) { name } }")
    supergraph = folder / "village.graphql"
    assert run("plan", "--supergraph", supergraph, "--json", "--operation", "B", "-f", document) == 0
    assert "person" in json.dumps(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{ goodbye }"], 1, "Cannot query field 'goodbye' on type 'Query'."),
        (["{"], 1, "Syntax Error"),
        ([], 2, "Give the operation either as text or with -f FILE."),
        (["-f", "absent.graphql"], 2, "absent.graphql cannot be read"),
    ],
)
def test_plan_says_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert run("plan", "--supergraph", folder / "village.graphql", *arguments) == code
    assert message in capsys.readouterr().err


def test_plan_for_the_values_of_variables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = 'a: person(id: "1")', 'b: person(id: "2") { id }'
    query = f"query ($q: Boolean!) {{ {one} @skip(if: $q) {{ id }} {other} {one} {{ id }} }}"
    arguments = ("plan", "--supergraph", folder / "village.graphql", "--report", query)
    for text, order in (('{"q": false}', ("a:", "b:")), ('{"q": true}', ("b:", "a:"))):
        assert run(*arguments, "--variables", text) == 0
        printed = capsys.readouterr()
        assert printed.out.index(order[0]) < printed.out.index(order[1])
        assert printed.err.endswith("for these values of: q\n")
    for text, code, message in (
        ("{", 2, "--variables is not JSON"),
        ("[]", 2, "--variables is not a JSON object."),
        ("{}", 1, "Variable '$q'"),
    ):
        assert run(*arguments, "--variables", text) == code
        assert message in capsys.readouterr().err


def test_plan_with_an_override_label_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = 'type Query { thing: Thing } type Thing @key(fields: "id") { id: ID! name: String }'
    new = 'type Thing @key(fields: "id") { id: ID! name: String @override(from: "old", label: "soon") }'
    result = compose([source("old", old), source("new", new)])
    supergraph = folder / "moving.graphql"
    supergraph.write_text(str(result.supergraph_sdl))
    for labels, fetches in (((), 1), (("--label", "soon"), 2)):
        assert run("plan", "--supergraph", supergraph, *labels, "{ thing { name } }") == 0
        assert capsys.readouterr().out.count("Fetch(") == fetches
    assert run("plan", "--supergraph", supergraph, "--label", "later", "{ thing { name } }") == 2
    assert "Labels of the supergraph: soon." in capsys.readouterr().err


def test_plan_of_what_is_no_supergraph(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", "--supergraph", folder / "people.graphql", "{ a }") == 1
    assert "links no join specification" in capsys.readouterr().err


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "router", "serve", *map(str, arguments)]


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start a server process; gives it and its URL when it says that it is ready."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*arguments: object) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            command(*arguments, "--port", 0), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        started.append(process)
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Router ready at http://127.0.0.1:"), line
        return process, line.split()[-1].removesuffix("/graphql")

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def get(url: str) -> httpx.Response:
    """GET, also while the server is just beginning to accept."""
    deadline = time.monotonic() + 10
    while True:
        with suppress(httpx.TransportError):
            return httpx.get(url, timeout=5)
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_serve_needs_nothing_but_a_supergraph(folder: Path, start: Any) -> None:
    process, url = start("--supergraph", folder / "village.graphql", "--host", "127.0.0.1")
    assert get(f"{url}/health").json() == {"status": "ok"}
    assert get(f"{url}/ready").status_code == 200
    answer = httpx.post(f"{url}/graphql", json={"query": "{ __typename }"})
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})
    assert "server" not in answer.headers
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_open_streams_do_not_keep_a_server_from_ending(folder: Path, start: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a subgraph that is never done opening a stream
        config = folder / "router.yaml"
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        config.write_text(
            f"subscriptions: {{connect_timeout: 60}}\nsubgraphs: {{people: {{subscription_url: '{url}'}}}}\n"
        )
        process, url = start("--supergraph", folder / "village.graphql", "--config", config)
        body = {"query": "subscription { born { id } }"}
        get(f"{url}/health")
        with (
            connect(f"{url.replace('http', 'ws')}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as idle,
            httpx.stream("POST", f"{url}/graphql", json=body, headers={"accept": "text/event-stream"}) as stream,
        ):
            assert stream.status_code == 200
            process.send_signal(signal.SIGTERM)
            text = stream.read().decode()
            assert "SERVICE_UNAVAILABLE" in text
            assert text.endswith("event: complete\ndata: \n\n")
            with pytest.raises(ConnectionClosed) as closed:
                idle.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        assert process.wait(10) == 0


def test_a_plain_serve_imports_only_what_it_needs() -> None:
    """Each of these takes a good part of the second in which the router is ready."""
    program = "import sys, router.gateway.server; print(*sys.modules)"
    imported = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "router.gateway.app" in imported
    assert not {"httpx", "rich", "redis", "jwt", "cryptography", "yaml", "router.composition"} & set(imported)


def test_serve_reads_the_supergraph_again_on_sighup(folder: Path, start: Any) -> None:
    supergraph = folder / "village.graphql"
    process, url = start("--supergraph", supergraph)
    get(f"{url}/ready")
    names = {"query": '{ __type(name: "Vault") { name } }'}

    def reload(sdl: str, outcome: str) -> Any:
        supergraph.write_text(sdl)
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while f'router_supergraph_reloads_total{{outcome="{outcome}"}}' not in get(f"{url}/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return httpx.post(f"{url}/graphql", json=names).json()

    assert reload("type Query {", "refused") == {"data": {"__type": {"name": "Vault"}}}
    assert reload(SUPERGRAPH.replace("Vault", "Safe"), "replaced") == {"data": {"__type": None}}
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_memory_stays_flat_while_the_supergraph_is_replaced(folder: Path, start: Any) -> None:
    """What is kept out of the cycle collector's sight includes the first supergraph, but not for ever."""
    process, url = start("--supergraph", folder / "village.graphql")
    get(f"{url}/ready")
    memory = psutil.Process(process.pid).memory_info

    def reload(number: int) -> None:
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while f'router_supergraph_reloads_total{{outcome="replaced"}} {number}.0' not in get(f"{url}/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    for number in range(1, 11):
        reload(number)
    before = memory().rss
    for number in range(11, 51):
        reload(number)
    assert memory().rss - before < 8_000_000  # forty supergraphs that stay are more than twice that


SILENT = """
    listen: {{grace_seconds: {grace}}}
    supergraph: village.graphql
    subgraphs: {{people: {{url: 'http://127.0.0.1:{port}/graphql'}}}}
"""
HELLO = b'{"query":"{ hello }"}'
HELLO_HEAD = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
    HELLO
)


def read_all(client: socket.socket) -> bytes:
    client.settimeout(20)
    received = b""
    while more := client.recv(65536):
        received += more
    return received


class Silent(NamedTuple):
    """A router whose only subgraph takes requests, and answers when a test does."""

    process: subprocess.Popen[str]
    url: str
    subgraph: socket.socket

    def connect(self) -> socket.socket:
        host, port = self.url.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)))


@pytest.fixture
def start_silent(folder: Path, start: Any) -> Iterator[Callable[[float], Silent]]:
    """``start_silent(grace)``, in seconds."""
    with socket.socket() as subgraph:
        subgraph.bind(("127.0.0.1", 0))
        subgraph.listen()

        def start_with(grace: float) -> Silent:
            config = folder / "router.yaml"
            config.write_text(SILENT.format(grace=grace, port=subgraph.getsockname()[1]))
            process, url = start("--config", config)
            get(f"{url}/ready")
            return Silent(process, url, subgraph)

        yield start_with


def test_requests_under_way_are_finished_while_draining(start_silent: Callable[[float], Silent]) -> None:
    router = start_silent(30)
    with router.connect() as client:
        client.sendall(HELLO_HEAD + HELLO)
        connection, _ = router.subgraph.accept()
        with connection:
            connection.recv(65536)
            router.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            assert router.process.poll() is None
            answer = b'{"data":{"hello":"late"}}'
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (len(answer), answer)
            )
            assert answer in read_all(client)
    assert router.process.wait(10) == 0


@pytest.mark.parametrize("sent", [HELLO_HEAD + HELLO, HELLO_HEAD + HELLO[:5]], ids=["unanswered", "half a body"])
def test_what_takes_longer_than_the_grace_is_answered_that_the_server_ends(
    start_silent: Callable[[float], Silent], sent: bytes
) -> None:
    router = start_silent(0.3)
    with router.connect() as client:
        client.sendall(sent)
        while b"router_http_requests_in_flight 1" not in get(f"{router.url}/metrics").content:
            time.sleep(0.02)
        router.process.send_signal(signal.SIGTERM)
        received = read_all(client)
    assert router.process.wait(10) == 0
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in received
    assert b'"code":"SERVICE_UNAVAILABLE"' in received


def test_a_deferred_answer_that_takes_longer_than_the_grace_is_cut_and_told_in_one_line(
    folder: Path, start: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as people, socket.create_server(("127.0.0.1", 0)) as notes:
        ports = [server.getsockname()[1] for server in (people, notes)]
        config = folder / "router.yaml"
        config.write_text(DEFERRING.format(*ports))
        process, url = start("--config", config)
        get(f"{url}/ready")
        query = '{ person(id: "1") { name ... @defer { notes { text } } } }'
        with (
            ThreadPoolExecutor() as beside,
            httpx.Client(headers={"accept": "text/event-stream"}, timeout=20) as client,
        ):
            answered = beside.submit(answer_once, people, b'{"data":{"person":{"name":"Ada","id":"1"}}}')
            with client.stream("POST", f"{url}/graphql", json={"query": query}) as stream:
                lines = stream.iter_lines()
                assert next(lines) == "event: next"
                assert "Ada" in next(lines)
                answered.result()
                process.send_signal(signal.SIGTERM)
                with pytest.raises(httpx.RemoteProtocolError):
                    list(lines)
        _, logged = process.communicate(timeout=20)
        assert process.returncode == 0
    assert "Traceback" not in logged
    assert logged.count("An answer was cut because the server ended.") == 1


DEFERRING = """
    listen: {{grace_seconds: 0.3}}
    supergraph: village.graphql
    subgraphs:
      people: {{url: 'http://127.0.0.1:{}/graphql'}}
      notes: {{url: 'http://127.0.0.1:{}/graphql'}}
"""


def answer_once(server: socket.socket, body: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say which supergraph to serve"),
        (["--supergraph", "absent.graphql"], "absent.graphql cannot be read"),
        (["--supergraph", "people.graphql"], "people.graphql: The schema links no join specification"),
        (["--config", "absent.yaml"], "absent.yaml: cannot be read"),
        (["--config", "wrong.yaml"], "wrong.yaml: listn is not a setting (did you mean listen?)"),
        (["--supergraph", "village.graphql", "--port", "99999"], "Cannot listen on 127.0.0.1:99999"),
    ],
)
def test_serve_that_cannot_start_says_why_in_one_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    (folder / "wrong.yaml").write_text("listn: {}")
    assert run("serve", *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_port_in_use_is_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run("serve", "--supergraph", folder / "village.graphql", "--port", port) == 2
    assert capsys.readouterr().err == f"Cannot listen on 127.0.0.1:{port} (Address already in use).\n"


def test_the_modules_help_is_complete() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "router", "--help"], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout
    for name in ("compose", "plan", "serve"):
        assert name in shown
