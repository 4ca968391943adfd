"""``python -m router compose`` against subgraphs that are running, with the configuration as rover reads it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from router.__main__ import main
from router.composition import ConfigError, parse_config
from router.composition.sources import load_sources

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])\n'
PEOPLE = LINK + 'type Query { me: Person } type Person @key(fields: "id") { id: ID! "A." name: String @shareable }'
NOTES = LINK + 'type Person @key(fields: "id") { id: ID! "B." name: String @shareable notes: [String] }'

Answer = Callable[[dict[str, str], Any], tuple[int, bytes]]


@pytest.fixture
def subgraph() -> Iterator[Callable[[Answer], str]]:
    """Starts HTTP servers that answer as told, and gives their URLs."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, content = answer({name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/graphql"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def telling(sdl: str) -> Answer:
    def answer(_: dict[str, str], body: Any) -> tuple[int, bytes]:
        assert body == {"query": "{ _service { sdl } }"}
        return 200, json.dumps({"data": {"_service": {"sdl": sdl}}}).encode()

    return answer


def config(folder: Path, people: str, notes: str) -> Path:
    (folder / "notes.graphql").write_text(NOTES)
    path = folder / "supergraph.yaml"
    path.write_text(f"federation_version: 2\nsubgraphs:\n  people: {people}\n  notes: {notes}\n")
    return path


FILE = "{routing_url: 'http://notes/', schema: {file: notes.graphql}}"


def test_a_running_subgraph_tells_its_schema_and_its_url(
    tmp_path: Path, subgraph: Callable[[Answer], str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = subgraph(telling(PEOPLE))
    path = config(tmp_path, f"{{schema: {{subgraph_url: '{url}'}}}}", FILE)
    assert main(["compose", "--config", str(path)]) == 0
    out, err = capsys.readouterr()
    assert f'@join__graph(name: "people", url: "{url}")' in out
    assert "notes: [String]" in out
    assert "WARN INCONSISTENT_DESCRIPTION" in err


def test_headers_and_variables(
    tmp_path: Path,
    subgraph: Callable[[Answer], str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def guarded(headers: dict[str, str], body: Any) -> tuple[int, bytes]:
        if headers.get("authorization") != "Bearer t0ken" or headers.get("x-team") != "shop":
            return 403, b"who are you?"
        return telling(PEOPLE)(headers, body)

    url = subgraph(guarded)
    headers = "introspection_headers: {Authorization: 'Bearer ${env.STOA_TEST_TOKEN}', x-team: '${env.NONE:-shop}'}"
    path = config(tmp_path, f"{{routing_url: 'http://people/', schema: {{subgraph_url: '{url}', {headers}}}}}", FILE)
    assert main(["compose", "--config", str(path)]) == 2
    assert "set the environment variable STOA_TEST_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("STOA_TEST_TOKEN", "wrong")
    assert main(["compose", "--config", str(path)]) == 2
    assert "403" in capsys.readouterr().err
    monkeypatch.setenv("STOA_TEST_TOKEN", "t0ken")
    assert main(["compose", "--config", str(path)]) == 0
    assert 'url: "http://people/"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, b'{"data": {"_service": {"sdl": "type Query { a: Int }"}}}'),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"errors": [{"message": "no introspection"}]}'),
        (200, b'{"data": {"_service": null}}'),
        (200, b'{"data": {"_service": {"sdl": 7}}}'),
        (200, b"\xff"),
    ],
)
def test_a_subgraph_that_does_not_tell_leaves_the_good_supergraph(
    tmp_path: Path,
    subgraph: Callable[[Answer], str],
    capsys: pytest.CaptureFixture[str],
    status: int,
    content: bytes,
) -> None:
    url = subgraph(lambda *_: (status, content))
    path = config(tmp_path, f"{{schema: {{subgraph_url: '{url}'}}}}", FILE)
    output = tmp_path / "supergraph.graphql"
    output.write_text("good")
    assert main(["compose", "--config", str(path), "-o", str(output)]) == 2
    assert url in capsys.readouterr().err
    assert output.read_text() == "good"
    assert {file.name for file in tmp_path.iterdir()} == {"notes.graphql", "supergraph.graphql", "supergraph.yaml"}


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, f"{{routing_url: 'http://p/', schema: {{sdl: '{PEOPLE}'}}}}", FILE)
    (tmp_path / "out").mkdir()
    assert main(["compose", "--config", str(path), "-o", str(tmp_path / "out")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert [file.name for file in tmp_path.glob(".*")] == []


def test_the_configuration_may_come_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config(tmp_path, f"{{routing_url: 'http://p/', schema: {{sdl: '{PEOPLE}'}}}}", FILE)
    monkeypatch.setattr("sys.stdin", io.StringIO(path.read_text()))
    monkeypatch.chdir(tmp_path)
    assert main(["compose", "--config", "-"]) == 0
    assert "type Person" in capsys.readouterr().out


def test_standard_input_that_is_no_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"subgraphs: \xff"), encoding="utf-8"))
    assert main(["compose", "--config", "-"]) == 2
    assert capsys.readouterr().err == "Standard input is not UTF-8 text.\n"


def test_a_pinned_version_refuses_newer_subgraphs_with_their_other_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.%d", import: ["@external"])'
    (tmp_path / "old.graphql").write_text(link % 3 + " type Query { old: Int }")
    (tmp_path / "new.graphql").write_text(link % 9 + " type Query { new: Int }")
    (tmp_path / "bad.graphql").write_text(link % 3 + " type Query { bad: Int @external }")
    path = tmp_path / "supergraph.yaml"

    def written(version: str, *names: str) -> Path:
        entry = "  {0}: {{routing_url: 'http://{0}/', schema: {{file: {0}.graphql}}}}"
        path.write_text(f"federation_version: {version}\nsubgraphs:\n" + "\n".join(map(entry.format, names)))
        return path

    for version in ("=2.9.0", "=2.10.1", "2", "latest-2"):
        assert main(["compose", "--config", str(written(version, "old", "new"))]) == 0
    capsys.readouterr()
    assert main(["compose", "--config", str(written("=2.3.0", "old", "new", "bad"))]) == 1
    _, err = capsys.readouterr()
    assert "EXTERNAL_UNUSED: [bad]" in err
    assert (
        "UNKNOWN_FEDERATION_LINK_VERSION: [new] Federation v2.9 is linked but the configuration pins v2.3:"
        " link v2.3 or raise federation_version."
    ) in err
    assert "[old]" not in err


def test_explain_prints_who_resolves_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, f"{{routing_url: 'http://p/', schema: {{sdl: '{PEOPLE}'}}}}", FILE)
    assert main(["compose", "--config", str(path), "--explain", "Person.notes"]) == 0
    assert "notes  resolves: the only one that has it; entered by { id }" in capsys.readouterr().out
    assert main(["compose", "--config", str(path), "--explain", "Person", "--format", "json"]) == 0
    assert [field["name"] for field in json.loads(capsys.readouterr().out)["fields"]] == ["id", "name", "notes"]
    assert main(["compose", "--config", str(path), "--explain", "Persn"]) == 1
    assert 'Did you mean "Person"?' in capsys.readouterr().err


def test_a_file_variable_stands_for_what_the_file_holds(tmp_path: Path) -> None:
    (tmp_path / "url.txt").write_text("http://from-file/")
    text = "subgraphs: {a: {routing_url: '${file.url.txt}', schema: {sdl: '${file.absent}'}}}"
    (subgraph,) = parse_config(text, tmp_path, {}).subgraphs
    assert (subgraph.routing_url, subgraph.sdl) == ("http://from-file/", "${file.absent}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("subgraphs: {a: {schema: {sdl: 'type Query { a: Int }'}}}", "subgraphs.a.routing_url"),
        ("subgraphs: {a: {routing_url: '${env.A}', schema: {file: a}}}", "environment variable A"),
        ("subgraphs: {a: {routing_url: '${HOME}', schema: {file: a}}}", "begins with env. or file."),
        ("subgraphs: {a: {schema: {graphref: 'g@current', subgraph: a}}}", "no registry to ask"),
        ("subgraphs: {a: {schema: {subgraph_url: u, introspection_headers: [x]}}}", "introspection_headers"),
        ("federation_version: 1\nsubgraphs: {a: {schema: {subgraph_url: u}}}", "federation_version"),
        ("federation_version: '=1.2.3'\nsubgraphs: {a: {schema: {subgraph_url: u}}}", "federation_version"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_sources(parse_config(text, Path("/"), {}), lambda _: "", lambda *_: "")


@pytest.mark.parametrize("version", ["2", "=2.9.0", "=2.9", "latest-2", "=2.11.0-preview.1"])
def test_federation_2_versions(version: str) -> None:
    text = f"federation_version: '{version}'\nsubgraphs: {{a: {{schema: {{subgraph_url: u}}}}}}"
    assert parse_config(text, Path("/"), {}).federation_version == version
