"""Every subgraph, and one schema over all of them, answering from the same imagined data.

An object is its path (``products/1/category``): each leaf is the path with its own name at the end, so a key of any
shape says which object it means, and a field resolved for the wrong object, or by a subgraph that must not resolve it,
shows in the answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import orjson
from graphql import (
    DocumentNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    parse,
    print_ast,
    validate,
)

from router.executor import Headers, SubgraphResponse
from router.supergraph import FieldSet, Supergraph
from router.supergraph.field_set import possible_types

_DIRECTIVES = """
directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @shareable on OBJECT | FIELD_DEFINITION
directive @external on OBJECT | FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @override(from: String!) on FIELD_DEFINITION
directive @inaccessible on OBJECT | FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @context(name: String!) repeatable on OBJECT | INTERFACE | UNION
directive @fromContext(field: String) on ARGUMENT_DEFINITION
directive @extends on OBJECT
"""


@dataclass
class World:
    """What types the imagined objects have: of an abstract type, those that every subgraph knows."""

    supergraph: Supergraph
    common: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.supergraph
        for name, joined in graph.types.items():
            if not is_abstract_type(graph.schema.type_map[name]):
                continue
            known = possible_types(graph.api_schema, name)
            for subgraph, join in joined.joins.items():
                if not join.interface_object:
                    members = joined.members.get(subgraph)
                    if members is None:
                        members = {
                            other.name
                            for other in graph.types.values()
                            if name in other.implements.get(subgraph, ()) and subgraph in other.joins
                        }
                    known &= members
            self.common[name] = sorted(known)

    def type_of(self, path: str, static: str) -> str:
        """The real type of the object at a path."""
        options = self.common.get(static)
        return static if not options else options[crc32(path.encode()) % len(options)]

    def shown(self, type_: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those of a field's arguments that clients know; others have their defaults."""
        parent: Any = self.supergraph.api_schema.type_map.get(type_)
        known = parent.fields[name].args if parent is not None and name in parent.fields else arguments
        return {argument: value for argument, value in arguments.items() if argument in known}

    def context(self, path: str, selections: Mapping[str, FieldSet]) -> str | None:
        """The string that the nearest object above sets for the object at a path."""
        nearest = None
        for above, type_ in self._above(path):
            if type_ in selections:
                nearest = "/".join([above, *_leaf(selections[type_])])
        return nearest

    def _above(self, path: str) -> Iterator[tuple[str, str]]:
        """The objects above a path and their types, outermost first."""
        query = self.supergraph.schema.query_type
        assert query is not None
        above, type_ = "", query.name
        for step in path.split("/")[1:]:
            if not step.isdigit():
                yield above, type_
            above = f"{above}/{step}"
            if not step.isdigit():
                parent: Any = self.supergraph.schema.type_map[type_]
                static = get_named_type(parent.fields[step.partition("{")[0]].type).name
            type_ = self.type_of(above, static)

    def value(self, path: str, type_: Any, info: GraphQLResolveInfo, marker: str) -> Any:
        """What a field returns whose own path is ``path``."""
        if is_non_null_type(type_):
            return self.value(path, type_.of_type, info, marker)
        if is_list_type(type_):
            return [self.value(f"{path}/{index}", type_.of_type, info, marker) for index in range(2)]
        if is_composite_type(type_):
            return {"path": path, "type": type_}
        number = crc32((path + marker).encode())
        if is_enum_type(type_):
            values = sorted(self.supergraph.api_schema.type_map[type_.name].values)  # type: ignore[union-attr]
            return values[number % len(values)]
        match type_.name:
            case "Int" | "Float":
                return number % 10_000
            case "Boolean":
                return bool(number % 2)
        return path + marker


def _arguments(arguments: Mapping[str, Any]) -> str:
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode().replace("/", "|") if arguments else ""


class OneSchema:
    """All types in one schema, executed by graphql-core."""

    def __init__(self, world: World) -> None:
        self._world = world

    def execute(self, operation: str, variables: Mapping[str, Any]) -> Any:
        result = execute_sync(
            self._world.supergraph.api_schema,
            parse(operation),
            root_value={"path": "", "type": None},
            variable_values=dict(variables),
            field_resolver=self.resolve,
            type_resolver=lambda value, _info, type_: self._world.type_of(value["path"], type_.name),
        )
        assert not result.errors, result.errors
        return result.data

    def resolve(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        path = f"{source['path']}/{info.field_name}{_arguments(arguments)}"
        return self._world.value(path, info.return_type, info, "")


class Subgraph:
    """A transport with one subgraph behind it. Fields that are external, overridden or lack what they require answer
    with a marked value, which the oracle never does."""

    def __init__(self, world: World, name: str, sdl: str) -> None:
        self._world = world
        self._name = name
        self.requests = 0
        plain = sdl.replace("extend type", "type")
        entities = {
            joined.name
            for joined in world.supergraph.types.values()
            if name in joined.joins and joined.joins[name].keys and self._is_object(joined.name)
        }
        extra = "scalar _Any\n"
        if entities:
            extra += f"union _Entity = {' | '.join(sorted(entities))}\n"
            root = "_entities(representations: [_Any!]!): [_Entity]!"
            if re.search(r"type Query\b", plain):
                plain = re.sub(r"type Query([^{]*){", rf"type Query\1{{ {root} ", plain, count=1)
            else:
                plain += f"\ntype Query {{ {root} }}"
        self._schema: GraphQLSchema = build_schema(_DIRECTIVES + plain + extra, assume_valid_sdl=True)
        self._valid: dict[str, DocumentNode] = {}

    def _is_object(self, name: str) -> bool:
        joined = self._world.supergraph.types[name]
        return self._world.supergraph.types[name].joins[self._name].interface_object or isinstance(
            self._world.supergraph.schema.type_map[joined.name], GraphQLObjectType
        )

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        self.requests += 1
        request = orjson.loads(body)
        result = execute_sync(
            self._schema,
            self._document(request["query"]),
            root_value={"path": "", "type": None},
            variable_values=request.get("variables"),
            field_resolver=self._resolve,
            type_resolver=self._type,
        )
        return SubgraphResponse(200, "application/json", orjson.dumps(result.formatted))

    def _document(self, query: str) -> DocumentNode:
        """A plan that is executed again, or arrives in bits, asks the same again: it is valid once and for all."""
        if query not in self._valid:
            document = parse(query)
            errors = validate(self._schema, document)
            assert not errors, (self._name, query, errors)
            self._valid[query] = document
        return self._valid[query]

    async def aclose(self) -> None:
        return None

    def _type(self, value: Any, _info: GraphQLResolveInfo, type_: GraphQLNamedType) -> str:
        return str(value.get("typename") or self._world.type_of(value["path"], type_.name))

    def _resolve(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(representation) for representation in arguments["representations"]]
        shown = self._world.shown(info.parent_type.name, info.field_name, arguments)
        path = f"{source['path']}/{info.field_name}{_arguments(shown)}"
        provided = source.get("provided", ())
        marker = self._marker(info, source, provided) or self._context_marker(info, source["path"], arguments)
        value = self._world.value(path, info.return_type, info, marker)
        return self._with_provided(value, info, provided)

    def _with_provided(self, value: Any, info: GraphQLResolveInfo, provided: FieldSet) -> Any:
        join = self._join(info)
        below = tuple(found for one in provided if one.name == info.field_name for found in one.selections) + (
            join.provides if join is not None else ()
        )
        if isinstance(value, list):
            return [self._with_provided(item, info, provided) for item in value]
        if isinstance(value, dict) and below:
            return {**value, "provided": below}
        return value

    def _join(self, info: GraphQLResolveInfo) -> Any:
        joined = self._world.supergraph.types.get(info.parent_type.name)
        known = joined.fields.get(info.field_name) if joined is not None else None
        return known.joins.get(self._name) if known is not None else None

    def _marker(self, info: GraphQLResolveInfo, source: Any, provided: FieldSet) -> str:
        join = self._join(info)
        if join is None:
            return "!overridden"
        if join.requires:
            sent = source.get("sent")
            return "" if sent is not None and _carries(sent, join.requires, source["path"]) else "!required"
        if (join.external or join.used_overridden) and not any(one.name == info.field_name for one in provided):
            extension = self._world.supergraph.types[info.parent_type.name].joins[self._name].extension
            return "" if extension else "!external"
        return ""

    def _context_marker(self, info: GraphQLResolveInfo, path: str, arguments: Mapping[str, Any]) -> str:
        join = self._join(info)
        for argument in join.context_arguments if join is not None else ():
            if arguments.get(argument.name) != self._world.context(path, dict(argument.selections)):
                return "!context"
        return ""

    def _entity(self, representation: Mapping[str, Any]) -> Any:
        name = representation["__typename"]
        joined = self._world.supergraph.types[name]
        for key in joined.joins[self._name].keys:
            path = _path(representation, key.fields)
            if key.resolvable and path is not None:
                real = name if joined.joins[self._name].interface_object else self._world.type_of(path, name)
                return {"path": path, "typename": real, "sent": representation}
        raise AssertionError(f"{self._name}: no key in {representation}")


def _leaf(fields: FieldSet) -> list[str]:
    """The names on the way to the only leaf of a field set."""
    (one,) = fields
    return [one.name, *(_leaf(one.selections) if one.selections else ())]


def _path(sent: Mapping[str, Any], fields: FieldSet) -> str | None:
    """Which object a key means; all of its fields must say the same."""
    found = set()
    for one in fields:
        value = sent.get(one.name)
        items: list[Any] = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            inner = _path(item, one.selections) if isinstance(item, dict) else item
            if isinstance(inner, int):
                continue
            suffix = f"/{one.name}" + (f"/{index}" if isinstance(value, list) else "")
            if not isinstance(inner, str) or not inner.endswith(suffix):
                return None
            found.add(inner.removesuffix(suffix))
    return found.pop() if len(found) == 1 else None


def _carries(sent: Mapping[str, Any], required: FieldSet, path: str) -> bool:
    """Whether a representation has the true values of all that is required."""
    for one in required:
        if one.types is not None and sent.get("__typename") not in one.types:
            continue
        arguments = _literal(one.arguments)
        own = f"{path}/{one.name}{arguments}"
        value = sent.get(one.name)
        if isinstance(value, list):
            if not all(_carries(item, one.selections, f"{own}/{index}") for index, item in enumerate(value)):
                return False
        elif isinstance(value, dict):
            if not _carries(value, one.selections, own):
                return False
        elif one.name not in sent or not _may_be(value, own):
            return False
    return True


def _may_be(value: Any, path: str) -> bool:
    """Whether a leaf has the value of a path; enum values and booleans are taken as they are."""
    if isinstance(value, str) and "/" in value:
        return value == path
    return not isinstance(value, int) or isinstance(value, bool) or value == crc32(path.encode()) % 10_000


def _literal(arguments: str) -> str:
    """Printed literal arguments as the oracle writes them."""
    pairs = re.findall(r'(\w+): ?("[^"]*"|\w+)', arguments)
    return _arguments({name: orjson.loads(value) for name, value in pairs})


class Operations:
    """Random valid queries on an API schema."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._random = random.Random(seed)  # noqa: S311 - a seeded generator of examples
        self.variables: dict[str, bool] = {}

    def query(self) -> str:
        """One query; ``variables`` are then its variables."""
        self.variables = {}
        root = self._schema.query_type
        assert root is not None
        body = self._selections(root, 4)
        head = ", ".join(f"${name}: Boolean!" for name in self.variables)
        return print_ast(parse(f"query{f'({head})' if head else ''} {body}"))

    def _selections(self, type_: Any, depth: int) -> str:
        parts = list(self._parts(type_, depth))
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _parts(self, type_: Any, depth: int) -> Iterator[str]:
        pick = self._random
        if pick.random() < 0.2:
            yield "__typename"
        for name, definition in getattr(type_, "fields", {}).items():
            if pick.random() < 0.6 and (text := self._field(name, definition, depth)) is not None:
                yield text
        for name in sorted(possible_types(self._schema, type_.name)):
            if is_abstract_type(type_) and pick.random() < 0.5:
                inner = self._selections(self._schema.type_map[name], depth)
                yield f"... on {name}{self._condition()} {inner}"

    def _field(self, name: str, definition: Any, depth: int) -> str | None:
        if any(
            is_required_argument(one) and is_input_object_type(get_named_type(one.type))
            for one in definition.args.values()
        ):
            return None
        target = get_named_type(definition.type)
        alias = f"{self._random.choice('xyz')}{name}{len(definition.args)}: " if self._random.random() < 0.1 else ""
        arguments = "".join(self._argument(argument, value) for argument, value in definition.args.items())
        text = f"{alias}{name}{f'({arguments})' if arguments else ''}{self._condition()}"
        if not is_composite_type(target):
            return text
        return f"{text} {self._selections(target, depth - 1)}" if depth else None

    def _argument(self, name: str, argument: Any) -> str:
        target = get_named_type(argument.type)
        literal = {"String": '"EUR"', "ID": '"7"', "Int": "3", "Boolean": "true"}.get(target.name)
        if literal is None and is_required_argument(argument) and is_enum_type(target):
            literal = next(iter(target.values))
        return f"{name}: {literal} " if literal is not None else ""

    def _condition(self) -> str:
        if self._random.random() < 0.85:
            return ""
        variable = self._random.choice(("p", "q"))
        self.variables.setdefault(variable, self._random.random() < 0.5)
        return f" @{self._random.choice(('include', 'skip'))}(if: ${variable})"
