"""The router on the command line: every artifact can be made and printed.

``python -m router compose --config supergraph.yaml`` prints the supergraph SDL, ``plan`` a query plan, and ``serve``
answers at ``/graphql``. Exit codes: 0 done, 1 the input is wrong (composition errors, an invalid operation),
2 the command line or a file cannot be used.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from router.composition import SubgraphSource
    from router.gateway.config import GatewayConfig
    from router.supergraph import Supergraph

__all__ = ["main"]


_INTROSPECTION_TIMEOUT = 30.0
"""Seconds for one subgraph to tell its schema, as long as rover waits."""


class CommandError(Exception):
    """The command cannot be carried out; ``code`` is its exit code."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.code
    except BrokenPipeError:
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m router", description="A Federation 2 router.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    compose = commands.add_parser("compose", help="compose subgraphs into a supergraph and print its SDL")
    compose.add_argument(
        "--config", type=Path, default=Path("supergraph.yaml"), help="default: supergraph.yaml; '-': standard input"
    )
    compose.add_argument("-o", "--output", type=Path, help="write the SDL to this file")
    compose.add_argument("--explain", metavar="TYPE[.FIELD]", help="print who has its fields or values and why instead")
    compose.add_argument("--format", choices=("text", "json"), default="text", help="of --explain; default: text")
    compose.set_defaults(run=_compose)

    plan = commands.add_parser("plan", help="print the plan of an operation")
    plan.add_argument("--supergraph", type=Path, required=True, help="supergraph SDL file")
    plan.add_argument("--format", choices=("text", "json", "mermaid"), default="text", help="default: text")
    plan.add_argument("--json", action="store_const", dest="format", const="json", help="the same as --format json")
    plan.add_argument("--report", action="store_true", help="say on standard error what planning took")
    plan.add_argument("--inline", action="store_true", help="of an operation with @defer: the plan for one answer")
    plan.add_argument("--operation", help="which operation of the document")
    plan.add_argument("--variables", metavar="JSON", help="for a plan that depends on the values of @skip and @include")
    plan.add_argument(
        "--label", action="append", default=[], help="plan with this label of @override(label:) on; may be repeated"
    )
    plan.add_argument("-f", "--file", type=Path, help="read the document from this file, '-' for standard input")
    plan.add_argument("query", nargs="?", help="the document")
    plan.set_defaults(run=_plan)

    serve = commands.add_parser("serve", help="serve a supergraph at /graphql")
    serve.add_argument("--config", type=Path, help="router.yaml")
    serve.add_argument("--supergraph", type=Path, help="supergraph SDL file")
    serve.add_argument("--host", help="default: 127.0.0.1")
    serve.add_argument("--port", type=int, help="default: 4000; 0 takes a free one")
    serve.set_defaults(run=_serve)
    return parser


def _compose(options: argparse.Namespace) -> None:
    from router.composition import ConfigError, compose, load_sources, parse_config, read_config

    try:
        if str(options.config) == "-":
            config = parse_config(sys.stdin.read(), Path.cwd())
        else:
            config = read_config(options.config)
        sources = load_sources(config, _read, _fetch_sdl)
    except OSError as error:
        raise CommandError(f"{options.config} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise CommandError("Standard input is not UTF-8 text.") from error
    except ConfigError as error:
        raise CommandError(f"{options.config}: {error}") from error
    result = compose(sources, newest_federation=config.newest_federation)
    for hint in result.hints:
        print(f"{hint.level} {hint.code}: {hint.message}", file=sys.stderr)
    if result.supergraph_sdl is None:
        raise CommandError("\n".join(map(str, result.errors)), code=1)
    if options.explain is not None:
        _explain(result.supergraph_sdl, sources, options.explain, options.format)
    elif options.output is None:
        print(result.supergraph_sdl, end="")
    else:
        _replace(options.output, result.supergraph_sdl)


def _explain(sdl: str, sources: list[SubgraphSource], coordinate: str, form: str) -> None:
    import json

    from router.composition import NothingToExplainError, explain, explanation_to_json, print_explanation
    from router.supergraph import Supergraph

    try:
        explanation = explain(Supergraph.from_sdl(sdl), sources, coordinate)
    except NothingToExplainError as error:
        raise CommandError(str(error), code=1) from error
    if form == "json":
        print(json.dumps(explanation_to_json(explanation), indent=2))
    else:
        print(print_explanation(explanation), end="")


def _plan(options: argparse.Namespace) -> None:
    import json

    from router.gateway.config import LimitsConfig
    from router.gateway.errors import RequestError
    from router.gateway.operations import OperationReader
    from router.gateway.variables import Variables
    from router.planner import Planner, PlanningError
    from router.query_plan import plan_to_json, plan_to_mermaid, print_plan
    from router.supergraph import Supergraph, SupergraphError, with_defer

    try:
        supergraph = Supergraph.from_sdl(_read(options.supergraph))
        schema = with_defer(supergraph.api_schema)
        reader = OperationReader(schema, LimitsConfig(), introspection=True)
        document, definition, _ = reader.read(_document(options), options.operation)
        given, declared = _variables(options.variables), definition.variable_definitions or ()
        variables = None if given is None else Variables(schema, declared, hide_names=False).coerce(given)
        planner = Planner(supergraph, override_labels=_labels(options.label, supergraph))
        started = time.perf_counter()
        report = planner.explain(document, options.operation, variables=variables)
        seconds = time.perf_counter() - started
    except RequestError as error:
        raise CommandError("\n".join(str(item["message"]) for item in error.errors), code=1) from error
    except SupergraphError as error:
        raise CommandError(f"{options.supergraph}: {error}", code=1) from error
    except PlanningError as error:
        raise CommandError(str(error), code=1) from error
    if options.format == "json":
        print(json.dumps(plan_to_json(report.plan), indent=2))
    else:
        show = plan_to_mermaid if options.format == "mermaid" else print_plan
        print(show(report.plan, inline=options.inline))
    if options.report:
        counts = f"plans compared: {report.plans}, moves: {report.moves}, selections: {report.selections}"
        decided = f", for these values of: {', '.join(report.decided_by)}" if report.decided_by else ""
        print(f"{counts}, time: {seconds * 1000:.1f} ms{decided}", file=sys.stderr)


def _labels(named: Sequence[str], supergraph: Supergraph) -> frozenset[str]:
    for label in named:
        if label not in supergraph.override_labels:
            known = ", ".join(sorted(supergraph.override_labels)) or "none"
            raise CommandError(f"No field is overridden under the label {label!r}. Labels of the supergraph: {known}.")
    return frozenset(named)


def _variables(text: str | None) -> dict[str, Any] | None:
    import json

    if text is None:
        return None
    try:
        variables = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--variables is not JSON: {error}") from error
    if not isinstance(variables, dict):
        raise CommandError("--variables is not a JSON object.")
    return variables


def _serve(options: argparse.Namespace) -> None:
    from router.gateway.config import ConfigError, GatewayConfig
    from router.gateway.config_file import read_config_file
    from router.gateway.server import ServeError, serve

    try:
        config = GatewayConfig() if options.config is None else read_config_file(options.config)
        serve(_with_options(config, options))
    except (ConfigError, ServeError) as error:
        raise CommandError(str(error)) from error


def _with_options(config: GatewayConfig, options: argparse.Namespace) -> GatewayConfig:
    """The configuration with what the command line says instead."""
    given = {name: getattr(options, name) for name in ("host", "port") if getattr(options, name) is not None}
    config = dataclasses.replace(config, listen=dataclasses.replace(config.listen, **given))
    return config if options.supergraph is None else dataclasses.replace(config, supergraph=options.supergraph)


def _document(options: argparse.Namespace) -> str:
    if (options.query is None) == (options.file is None):
        raise CommandError("Give the operation either as text or with -f FILE.")
    if options.query is not None:
        return str(options.query)
    return sys.stdin.read() if str(options.file) == "-" else _read(options.file)


def _fetch_sdl(url: str, headers: Mapping[str, str]) -> str:
    """The SDL that a running subgraph tells of itself."""
    import httpx

    from router.composition import SERVICE_QUERY

    try:
        response = httpx.post(url, json={"query": SERVICE_QUERY}, headers=dict(headers), timeout=_INTROSPECTION_TIMEOUT)
        sdl = response.raise_for_status().json()["data"]["_service"]["sdl"]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CommandError(f"{url} does not tell its schema ({error}).") from error
    except (ValueError, LookupError, TypeError) as error:
        raise CommandError(f"{url} does not answer {SERVICE_QUERY}.") from error
    if not isinstance(sdl, str):
        raise CommandError(f"{url} does not answer {SERVICE_QUERY} with a text.")
    return sdl


def _replace(path: Path, text: str) -> None:
    """Write the file in one step, so that a router watching it never reads a half."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CommandError(f"{path} cannot be written ({error.strerror}).") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text.") from error


if __name__ == "__main__":
    sys.exit(main())
