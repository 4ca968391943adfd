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

import orjson
import pytest
from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    Visitor,
    VisitorAction,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.execution import experimental_execute_incrementally

from router.executor import RequestContext, compile_plan
from router.executor.incremental import IncrementalPlan, InitialResult
from router.gateway.incremental.messages import first_message, next_message
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


async def messages(plan: IncrementalPlan, context: RequestContext) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What clients of the two formats read."""
    ids: list[dict[str, Any]] = []
    paths: list[dict[str, Any]] = []
    async for result in plan.execute(context):
        for found, is_paths in ((ids, False), (paths, True)):
            if isinstance(result, InitialResult):
                message: dict[str, Any] | None = first_message(result, paths=is_paths)
            else:
                message = next_message(result, paths=is_paths)
            if message is not None:
                found.append(orjson.loads(orjson.dumps(message)))
    return ids, paths


@dataclass
class Delivered:
    """What was pending, delivered and completed, whatever the order and the ids."""

    data: Any
    incremental: list[Any]
    failed: list[Any]
    pending: Counter[Any] = field(compare=False)
    idle: Counter[Any] = field(compare=False)
    """Pending without data of their own: others that select the same were complete first, which is a matter of time."""

    @classmethod
    def of(cls, found: list[dict[str, Any]]) -> Delivered:
        known: dict[str, Any] = {}
        used: set[str] = set()
        made = cls(found[0]["data"], [], [], Counter(), Counter())
        for message in found:
            for one in message.get("pending", ()):
                known[one["id"]] = one
                made.pending[tuple(one["path"]), one.get("label")] += 1
                made.idle[tuple(one["path"]), one.get("label")] += 1
            for one in message.get("incremental", ()):
                pending = known[one["id"]]
                made.idle[tuple(pending["path"]), pending.get("label")] -= one["id"] not in used
                used.add(one["id"])
                made.incremental.append(((*known[one["id"]]["path"], *one.get("subPath", ())), one["data"]))
            for one in message.get("completed", ()):
                if "errors" in one:
                    made.failed.append((tuple(known[one["id"]]["path"]), known[one["id"]].get("label")))
        for listed in (made.incremental, made.failed):
            listed.sort(key=repr)
        return made


async def on_one_schema(world: World, document: DocumentNode, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    one = OneSchema(world)
    result = experimental_execute_incrementally(
        with_defer(world.supergraph.api_schema),
        document,
        root_value={"path": "", "type": None},
        variable_values=dict(variables),
        field_resolver=one.resolve,
        type_resolver=lambda value, _info, type_: world.type_of(value["path"], type_.name),
    )
    if asyncio.iscoroutine(result):
        result = await result
    if isinstance(result, ExecutionResult):
        assert not result.errors
        return [{"data": result.data, "hasNext": False}]
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
        ids, paths = await messages(executable.incremental, context)
        assert executable.incremental.is_active(variables) or len(ids) == 1, example
        for reader, found in ((reassembly.by_ids, ids), (reassembly.by_paths, paths)):
            got = reader(found)
            assert not got.errors, f"{got.errors}{example}"
            assert got.data == whole, f"{found}{example}"
        expected = await on_one_schema(world, document, variables)
        ours, theirs = Delivered.of(ids), Delivered.of(expected)
        assert ours == theirs, f"{ids}\n{expected}{example}"
        assert not (ours.pending - theirs.pending) - ours.idle, f"{ids}\n{expected}{example}"
        assert not (theirs.pending - ours.pending) - theirs.idle, f"{ids}\n{expected}{example}"
        deferred += len(ids) > 1
    return deferred


@pytest.mark.parametrize(("name", "subgraphs"), [pytest.param(*found, id=found[0]) for found in supergraphs()])
async def test_bits_make_the_answer(name: str, subgraphs: Mapping[str, str]) -> None:
    await compare(read(subgraphs), subgraphs, OPERATIONS)


async def test_bits_make_the_answer_for_the_shop() -> None:
    supergraph, subgraphs = shop()
    assert await compare(supergraph, subgraphs, OPERATIONS) > OPERATIONS // 2
