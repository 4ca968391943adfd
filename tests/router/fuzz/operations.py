"""Random operations that are valid for an API schema: what clients write, and what they hardly ever write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    is_composite_type,
    parse,
    validate,
)

from tests.router.fuzz.arguments import Arguments

__all__ = ["Operation", "random_operation"]

_INTROSPECTION = (
    '__type(name: "Query") { name fields { name } }',
    "__schema { queryType { name } types { name kind } }",
    'meta: __type(name: "Hue") { enumValues { name } }',
)
_SIZES = ((1, 6),) * 7 + ((7, 18),) * 7 + ((19, 40),) * 3 + ((41, 80),)
"""Fields an operation has at most. Most faults show in few fields, and few fields are cheap; some need many."""

_Path = tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """A document and the variables of a request."""

    text: str
    variables: dict[str, Any]

    @cached_property
    def document(self) -> DocumentNode:
        """The text, parsed."""
        return parse(self.text, no_location=True)


def random_operation(schema: GraphQLSchema, seed: int) -> Operation | None:
    """An operation, or None when what was drawn is not valid.

    By construction an operation breaks one rule at most: that fields of one key that a fragment brings together may
    differ is left to chance.
    """
    operation = _Writer(schema, random.Random(seed)).write()  # noqa: S311 - a seeded generator of examples
    return None if validate(schema, operation.document, [OverlappingFieldsCanBeMergedRule]) else operation


@dataclass
class _Writer:
    schema: GraphQLSchema
    pick: random.Random
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: dict[tuple[_Path, str], list[tuple[GraphQLNamedType, str]]] = field(default_factory=dict)
    """The fields that stand under a response key: the type around each, and what must be equal."""
    size: int = 0
    labels: int = 0

    def write(self) -> Operation:
        kind, root = self.pick.choice(self._roots())
        self.kind = kind
        self.arguments = Arguments(self.pick)
        self.limit = self.pick.randint(*self.pick.choice(_SIZES))
        self.density = self.pick.choice((0.3, 0.5, 0.8))
        self.deferring = self.pick.choice((0, 0, 0, 0, 0.4)) if kind != "subscription" else 0
        depth = self.pick.choice((2, 3, 3, 4, 5))
        body = self._event(root, depth) if kind == "subscription" else self._selections(root, depth, ())
        head = ", ".join(self.arguments.definitions.values())
        text = f"{kind} Op{f'({head})' if head else ''} {body}"
        for name, (type_, selections) in self.fragments.items():
            text += f" fragment {name} on {type_} {selections}"
        return Operation(text, self.arguments.variables)

    def _roots(self) -> list[tuple[str, GraphQLObjectType]]:
        """Kinds of operation with their root types, as often as they are to be drawn."""
        schema = self.schema
        often = (
            ("query", schema.query_type, 6),
            ("mutation", schema.mutation_type, 2),
            ("subscription", schema.subscription_type, 1),
        )
        return [(kind, root) for kind, root, times in often if root is not None for _ in range(times)]

    def _event(self, root: GraphQLObjectType, depth: int) -> str:
        """A subscription has one root field, without conditions (spec §5.2.3.1)."""
        name, definition = self.pick.choice(list(root.fields.items()))
        (text,) = self._field(root, name, definition, depth, (), always=True)
        return f"{{ {text} }}"

    def _selections(self, type_: GraphQLNamedType, depth: int, path: _Path) -> str:
        parts = list(self._parts(type_, depth, path))
        self.pick.shuffle(parts)
        return "{ " + " ".join(parts or [self._typename(type_, path)]) + " }"

    def _parts(self, type_: GraphQLNamedType, depth: int, path: _Path) -> Iterator[str]:
        pick = self.pick
        if pick.random() < 0.2:
            yield f"{self._typename(type_, path)}{self._conditions()}"
        if type_ is self.schema.query_type and pick.random() < 0.05:
            yield pick.choice(_INTROSPECTION)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            fields = list(type_.fields.items())
            pick.shuffle(fields)
            for name, definition in fields:
                while pick.random() < self.density and self.size < self.limit:
                    yield from self._field(type_, name, definition, depth, path)
                    if pick.random() < 0.85:
                        break
        for condition in self._type_conditions(type_):
            if pick.random() < (0.45 if not isinstance(type_, GraphQLObjectType) else 0.08):
                yield self._fragment(condition, depth, path)

    def _field(
        self,
        type_: GraphQLNamedType,
        name: str,
        definition: GraphQLField,
        depth: int,
        path: _Path,
        *,
        always: bool = False,
    ) -> Iterator[str]:
        target = get_named_type(definition.type)
        if is_composite_type(target) and depth <= 0:
            return
        self.size += 1
        arguments = self.arguments.given(definition.args)
        alias = self._alias(name, 0.75 if arguments else 0.12)
        key = self._key(type_, path, alias or name, f"{name}{arguments} {definition.type}")
        text = f"{key}: {name}" if key != name else name
        text += arguments if always else f"{arguments}{self._conditions()}"
        yield f"{text} {self._selections(target, depth - 1, (*path, key))}" if is_composite_type(target) else text

    def _typename(self, type_: GraphQLNamedType, path: _Path) -> str:
        key = self._key(type_, path, self._alias("__typename", 0.3) or "__typename", "__typename String!")
        return "__typename" if key == "__typename" else f"{key}: __typename"

    def _key(self, type_: GraphQLNamedType, path: _Path, wanted: str, what: str) -> str:
        """A key for a field: the one that is wanted, unless another field has it here."""
        key = wanted if self._is_free(type_, path, wanted, what) else f"other_{len(self.keys)}"
        self.keys.setdefault((path, key), []).append((type_, what))
        return key

    def _is_free(self, type_: GraphQLNamedType, path: _Path, key: str, what: str) -> bool:
        """Whether a field may have a key: others that have it are the same, or stand in other object types."""
        for other, same in self.keys.get((path, key), ()):
            apart = other is not type_ and {type(other), type(type_)} == {GraphQLObjectType}
            if same != what and not (apart and same.rpartition(" ")[2] == what.rpartition(" ")[2]):
                return False
        return True

    def _alias(self, name: str, probability: float) -> str:
        """An alias or nothing; now and then one that is a key field's or another field's name."""
        if self.pick.random() >= probability:
            return ""
        if self.pick.random() < 0.25:
            return self.pick.choice(("id", "code", "x", "spec", "f1", "f2", "i3", "_entities", "key"))
        return f"{name.lstrip('_')}_{self.pick.randrange(50)}"

    def _type_conditions(self, type_: GraphQLNamedType) -> list[GraphQLNamedType]:
        """Types that can stand in a fragment here: those that share a possible type."""
        own = self._possible(type_)
        others = [other for other in self.schema.type_map.values() if is_composite_type(other)]
        shared = [other for other in others if not other.name.startswith("__") and own & self._possible(other)]
        return sorted(shared, key=lambda other: other.name)

    def _possible(self, type_: GraphQLNamedType) -> set[str]:
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return {one.name for one in self.schema.get_possible_types(type_)}
        return {type_.name}

    def _fragment(self, type_: GraphQLNamedType, depth: int, path: _Path) -> str:
        known = [name for name, (on, _) in self.fragments.items() if on == type_.name]
        if known and self.pick.random() < 0.3:
            return f"...{self.pick.choice(known)}{self._defer(path)}{self._conditions()}"
        selections = self._selections(type_, depth - 1, path) if depth > 0 else "{ __typename }"
        if self.pick.random() < 0.3:
            name = f"F{len(self.fragments)}"
            self.fragments[name] = (type_.name, selections)
            return f"...{name}{self._conditions()}{self._defer(path)}"
        return f"... on {type_.name}{self._defer(path)}{self._conditions()} {selections}"

    def _defer(self, path: _Path) -> str:
        """Now and then ``@defer``. Mutations cannot be deferred themselves; a fragment may stand at any place."""
        if self.pick.random() >= self.deferring or (self.kind == "mutation" and (not path or self.fragments)):
            return ""
        self.labels += 1
        arguments = [f'label: "l{self.labels}"'] if self.pick.random() < 0.4 else []
        if self.pick.random() < 0.25:
            arguments.append(f"if: {self.arguments.condition()}")
        return f" @defer({', '.join(arguments)})" if arguments else " @defer"

    def _conditions(self) -> str:
        found = ""
        for name in ("include", "skip"):
            if self.pick.random() < 0.06:
                found += f" @{name}(if: {self.arguments.condition()})"
        return found
