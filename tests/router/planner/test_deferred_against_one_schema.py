"""The oracle for ``@defer``: for random operations on every supergraph of this folder's tests, and on the shop,

- the bits of the answer, put together by readers of both formats, are the answer of the operation without ``@defer``;
- what is pending, delivered and completed is what graphql-core makes of the operation on one schema over all types;
- when subgraphs fail, no bit says anything else than what is true, and every null and every loss has its error.

``ORACLE_OPERATIONS`` sets how many operations per supergraph.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from zlib import crc32

import pytest
from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLResolveInfo,
    Visitor,
    VisitorAction,
    is_leaf_type,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.execution import experimental_execute_incrementally

from router.executor import Headers, RequestContext, SubgraphResponse, SubgraphUnreachable, compile_plan
from router.planner import Planner
from router.query_plan import print_plan
from router.supergraph import Supergraph, with_defer
from tests.router import reassembly
from tests.router.planner.conftest import read
from tests.router.planner.oracle import OneSchema, Operations, Subgraph, World
from tests.router.planner.test_against_one_schema import shop, supergraphs

OPERATIONS = int(os.environ.get("ORACLE_OPERATIONS", "8"))


class DeferredOperations(Operations):
    """Random queries with deferred fragments at any place: labelled or not, on or off by a variable, nested."""

    def query(self) -> str:
        labels = count(1)
        return re.sub('label: "l"', lambda _: f'label: "l{next(labels)}"', super().query())

    def _parts(self, type_: Any, depth: int) -> Iterator[str]:
        waiting: list[str] = []
        for text in super()._parts(type_, depth):
            if self._random.random() < 0.6:
                waiting.append(text)
            else:
                yield text
                if self._random.random() < 0.9:
                    continue
                waiting.append(text)
            if self._random.random() < 0.5:
                yield self._fragment(waiting)
                waiting = waiting[:1] if self._random.random() < 0.2 else []
        if waiting:
            yield self._fragment(waiting)

    def _fragment(self, parts: list[str]) -> str:
        if len(parts) > 1 and self._random.random() < 0.3:
            parts = [*parts[:1], self._fragment(parts[1:])]
        return f"... {self._defer()} {{ {' '.join(parts)} }}"

    def _defer(self) -> str:
        arguments = []
        if self._random.random() < 0.4:
            arguments.append('label: "l"')  # numbered in the end: labels are unique, but texts may be repeated
        if self._random.random() < 0.25:
            variable = self._random.choice(("d", "e"))
            self.variables.setdefault(variable, self._random.random() < 0.5)
            arguments.append(f"if: ${variable}")
        condition = self._condition() if self._random.random() < 0.3 else ""
        return "@defer" + (f"({', '.join(arguments)})" if arguments else "") + condition


class _Undeferred(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value == "defer" else None


def undeferred(document: DocumentNode) -> str:
    return print_ast(visit(document, _Undeferred()))


@dataclass
class Delivered:
    """What was pending, delivered and completed, whatever the order and the ids."""

    data: Any
    incremental: list[Any]
    failed: list[Any]
    pending: Counter[Any] = field(compare=False)
    spare: Counter[Any] = field(compare=False)
    """Pending that may be without data of their own: either nothing came with them, or it might as well have come with
    another of the same object. Others that select the same may be complete first, which is a matter of time."""

    @classmethod
    def of(cls, found: list[dict[str, Any]]) -> Delivered:
        known: dict[str, Any] = {}
        used: set[str] = set()
        made = cls(found[0]["data"], [], [], Counter(), Counter())
        for message in found:
            known |= {one["id"]: one for one in message.get("pending", ())}
            for one in message.get("incremental", ()):
                used.add(one["id"])
                made.incremental.append(((*known[one["id"]]["path"], *one.get("subPath", ())), one["data"]))
            for one in message.get("completed", ()):
                if "errors" in one:
                    made.failed.append(_named(known[one["id"]]))
        places = Counter(tuple(one["path"]) for one in known.values())
        made.pending.update(_named(one) for one in known.values())
        made.spare.update(
            _named(one) for key, one in known.items() if key not in used or places[tuple(one["path"])] > 1
        )
        for listed in (made.incremental, made.failed):
            listed.sort(key=repr)
        return made


def _named(pending: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(pending["path"]), pending.get("label")


async def on_one_schema(
    world: World, document: DocumentNode, variables: Mapping[str, Any], failures: Failures | None = None
) -> list[dict[str, Any]]:
    one = OneSchema(world)

    def resolve(source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        if failures is not None:
            failures.check(f"{source['path']}/{info.field_name}", info)
        return one.resolve(source, info, **arguments)

    result = experimental_execute_incrementally(
        with_defer(world.supergraph.api_schema),
        document,
        root_value={"path": "", "type": None},
        variable_values=dict(variables),
        field_resolver=resolve,
        type_resolver=lambda value, _info, type_: world.type_of(value["path"], type_.name),
    )
    if asyncio.iscoroutine(result):
        result = await result
    if isinstance(result, ExecutionResult):
        return [{**result.formatted, "hasNext": False}]
    return [result.initial_result.formatted, *[found.formatted async for found in result.subsequent_results]]  # type: ignore[union-attr]


def cases(supergraph: Supergraph, count: int) -> Iterator[tuple[DocumentNode, dict[str, bool], str]]:
    schema = with_defer(supergraph.api_schema)
    for seed in range(count):
        operations = DeferredOperations(supergraph.api_schema, seed)
        operation = operations.query()
        document = parse(operation)
        if not validate(schema, document) and "@defer" in operation:
            yield document, operations.variables, f"\nseed {seed}, variables {operations.variables}\n{operation}"


async def compare(supergraph: Supergraph, subgraphs: Mapping[str, str], count: int) -> int:
    world = World(supergraph)
    one = OneSchema(world)
    transports = {name: Subgraph(world, name, sdl) for name, sdl in subgraphs.items()}
    planner = Planner(supergraph)
    deferred = 0
    for document, variables, example in cases(supergraph, count):
        plan = planner.plan(document)
        example += f"\n{print_plan(plan)}"
        context = RequestContext(transports, variables)
        executable = compile_plan(plan, supergraph.api_schema)
        whole = one.execute(undeferred(document), variables)
        inline = await executable.execute(context)
        assert (inline.data, inline.errors) == (whole, []), example
        if executable.incremental is None:
            continue
        ids, paths = await reassembly.messages(executable.incremental, context)
        assert executable.incremental.is_active(variables) or len(ids) == 1, example
        for reader, found in ((reassembly.by_ids, ids), (reassembly.by_paths, paths)):
            got = reader(found)
            assert not got.errors, f"{got.errors}{example}"
            assert got.data == whole, f"{found}{example}"
        expected = await on_one_schema(world, document, variables)
        ours, theirs = Delivered.of(ids), Delivered.of(expected)
        assert ours == theirs, f"{ids}\n{expected}{example}"
        assert not (ours.pending - theirs.pending) - ours.spare, f"{ids}\n{expected}{example}"
        assert not (theirs.pending - ours.pending) - theirs.spare, f"{ids}\n{expected}{example}"
        deferred += len(ids) > 1
    return deferred


@pytest.mark.parametrize(("name", "subgraphs"), [pytest.param(*found, id=found[0]) for found in supergraphs()])
async def test_bits_make_the_answer(name: str, subgraphs: Mapping[str, str]) -> None:
    await compare(read(subgraphs), subgraphs, OPERATIONS)


async def test_bits_make_the_answer_for_the_shop() -> None:
    supergraph, subgraphs = shop()
    assert await compare(supergraph, subgraphs, OPERATIONS) > OPERATIONS // 2


class Failures:
    """Nullable leaves that fail, the same ones in the one schema and in every subgraph; never what keys, contexts or
    ``@requires`` need, because a subgraph that fails to tell a key takes more with it than one schema would."""

    def __init__(self, world: World, subgraphs: Mapping[str, str]) -> None:
        supergraph = world.supergraph
        needed = {name for text in subgraphs.values() for name in _needed(text)}
        self._fields = {
            (type_.name, name)
            for type_ in supergraph.api_schema.type_map.values()
            for name, definition in getattr(type_, "fields", {}).items()
            if isinstance(definition, GraphQLField)
            and is_leaf_type(definition.type)
            and name not in needed
            and not any(re.search(rf"\b{name}(\([^)]*\))?: *\w+!", text) for text in subgraphs.values())
        }

    def check(self, path: str, info: GraphQLResolveInfo) -> None:
        if any(name == info.field_name for _, name in self._fields) and crc32(path.encode()) % 3 == 0:
            raise GraphQLError("broken")


def _needed(sdl: str) -> set[str]:
    return {name for found in re.findall(r'fields?: "([^"]*)"', sdl) for name in re.findall(r"\w+", found)}


class FailingSubgraph(Subgraph):
    def __init__(self, world: World, name: str, sdl: str, failures: Failures) -> None:
        super().__init__(world, name, sdl)
        self._failures = failures

    def _resolve(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        if info.field_name != "_entities":
            self._failures.check(f"{source['path']}/{info.field_name}", info)
        return super()._resolve(source, info, **arguments)


def errors_of(found: list[dict[str, Any]]) -> list[Any]:
    """The paths of all errors, each with the path of the delivery it came with."""
    known = {one["id"]: one for message in found for one in message.get("pending", ())}
    listed: list[Any] = [(None, error["path"]) for error in found[0].get("errors", ())]
    for message in found[1:]:
        for one in message.get("incremental", ()):
            at = [*known[one["id"]]["path"], *one.get("subPath", ())]
            listed += [(at, error["path"]) for error in one.get("errors", ())]
    return sorted(listed, key=repr)


@pytest.mark.parametrize(("name", "subgraphs"), [pytest.param(*found, id=found[0]) for found in supergraphs()])
async def test_errors_come_with_their_bits(name: str, subgraphs: Mapping[str, str]) -> None:
    supergraph = read(subgraphs)
    world = World(supergraph)
    failures = Failures(world, subgraphs)
    transports = {name: FailingSubgraph(world, name, sdl, failures) for name, sdl in subgraphs.items()}
    for document, variables, example in cases(supergraph, OPERATIONS):
        plan = Planner(supergraph).plan(document)
        incremental = compile_plan(plan, supergraph.api_schema).incremental
        if incremental is None:
            continue
        ids, _ = await reassembly.messages(incremental, RequestContext(transports, variables))
        expected = await on_one_schema(world, document, variables, failures)
        example += f"\n{print_plan(plan)}\n{ids}\n{expected}"
        assert Delivered.of(ids) == Delivered.of(expected), example
        assert errors_of(ids) == errors_of(expected), example


class Gone:
    """A subgraph that cannot be reached."""

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        raise SubgraphUnreachable("refused")

    async def aclose(self) -> None:
        return None


@pytest.mark.parametrize(
    ("name", "subgraphs"),
    [  # what is computed from a requirement that nobody could tell is another value, with or without @defer
        pytest.param(*found, id=found[0])
        for found in supergraphs()
        if not any("@requires" in sdl for sdl in found[1].values())
    ],
)
async def test_without_a_subgraph_nothing_false_is_said(name: str, subgraphs: Mapping[str, str]) -> None:
    supergraph = read(subgraphs)
    world = World(supergraph)
    for number, (document, variables, example) in enumerate(cases(supergraph, OPERATIONS)):
        transports: dict[str, Any] = {name: Subgraph(world, name, sdl) for name, sdl in subgraphs.items()}
        transports[sorted(subgraphs)[number % len(subgraphs)]] = Gone()
        plan = Planner(supergraph).plan(document)
        incremental = compile_plan(plan, supergraph.api_schema).incremental
        if incremental is None:
            continue
        ids, paths = await reassembly.messages(incremental, RequestContext(transports, variables))
        truth = OneSchema(world).execute(undeferred(document), variables)
        example += f"\n{print_plan(plan)}\n{ids}"
        for reader, found in ((reassembly.by_ids, ids), (reassembly.by_paths, paths)):
            got = reader(found)
            missing = _missing(got.data, truth, ())
            assert bool(got.errors) or not missing, example
            causes = [tuple(error.get("path", ())) for error in got.errors] + got.failed
            for path in missing:
                assert any(path[: len(cause)] == cause or cause[: len(path)] == path for cause in causes), (
                    path,
                    example,
                )


def _missing(got: Any, truth: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    """Where something true is left out or null; asserts that all else is true."""
    if got is None and truth is not None:
        return [path]
    if isinstance(truth, dict):
        assert got.keys() <= truth.keys()
        left_out = [(*path, key) for key in truth if key not in got]
        return left_out + [found for key in got for found in _missing(got[key], truth[key], (*path, key))]
    if isinstance(truth, list):
        assert len(got) == len(truth)
        return [
            found
            for index, (one, other) in enumerate(zip(got, truth, strict=True))
            for found in _missing(one, other, (*path, index))
        ]
    assert got == truth
    return []
