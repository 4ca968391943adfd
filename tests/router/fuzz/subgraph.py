"""A subgraph that knows its own fields only, behind a transport: whatever it must not be asked is a violation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, execute_sync, parse, validate

from router.executor import Headers, SubgraphResponse, SubgraphUnreachable, TransportError
from tests.router.fuzz.faults import Fault, Faults
from tests.router.fuzz.oracle import Path, null_at
from tests.router.fuzz.sdl import Selection, SubgraphField
from tests.router.fuzz.world import Obj, World

__all__ = ["Run", "Subgraph"]


@dataclass
class Run:
    """What happened in the subgraphs during one operation."""

    faults: Faults | None = None
    moment: int = 0
    requests: int = 0
    violations: list[str] = field(default_factory=list)
    affected: set[str] = field(default_factory=set)
    """Objects something went wrong for."""
    affected_roots: set[str] = field(default_factory=set)
    """Keys of root fields something went wrong for."""
    silent: set[str] = field(default_factory=set)
    """Entities that were answered by null without an error."""
    nulled_entities: set[str] = field(default_factory=set)
    """Entities of which an error took more than the field it stands at, be it the whole entity."""
    nulled: set[Path] = field(default_factory=set)
    """Where an error turned an answer to root fields null: a subgraph may allow less nulls than the merged schema."""


@dataclass(frozen=True, slots=True)
class _Source:
    obj: Obj
    typename: str
    provided: tuple[Selection, ...] = ()
    sent: Mapping[str, Any] | None = None


class Subgraph:
    """One subgraph's transport. ``run`` is replaced before every operation."""

    def __init__(self, world: World, name: str, labels: frozenset[str]) -> None:
        self._world = world
        self._name = name
        self._own = world.subgraphs[name]
        self._labels = labels
        self._documents: dict[str, DocumentNode | str] = {}
        self._fault: Fault | None = None
        self.run = Run()

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        try:
            return self._answer(body)
        except TransportError:
            raise
        except Exception as error:
            self.run.violations.append(f"crash in a subgraph: {type(error).__name__}: {error}")
            raise SubgraphUnreachable("crashed") from error

    def _answer(self, body: bytes) -> SubgraphResponse:
        run = self.run
        run.requests += 1
        request = orjson.loads(body)
        document = self._document(request["query"])
        if isinstance(document, str):
            run.violations.append(f"{self._name} is sent an invalid operation ({document}): {request['query']}")
            return SubgraphResponse(400, "application/json", orjson.dumps({"errors": [{"message": document}]}))
        self._fault = None if run.faults is None else run.faults.of(self._name, body)
        result = execute_sync(
            self._own.schema,
            document,
            root_value=_Source(Obj("", ""), ""),
            variable_values=request.get("variables"),
            field_resolver=self._resolve,
            type_resolver=lambda value, _info, _type: value.typename,
        )
        answer = result.formatted
        if self._fault is None:
            return SubgraphResponse(200, "application/json", orjson.dumps(answer))
        return self._spoiled(self._fault, request, answer)

    async def aclose(self) -> None:
        return None

    def _document(self, text: str) -> DocumentNode | str:
        document = self._documents.get(text)
        if document is None:
            document = parse(text, no_location=True)
            errors = validate(self._own.schema, document)
            if errors:
                document = errors[0].message
            if len(self._documents) > 500:
                self._documents.clear()
            self._documents[text] = document
        return document

    # -- faults -----------------------------------------------------------------------------------------------------

    def _spoiled(self, fault: Fault, request: Mapping[str, Any], answer: Any) -> SubgraphResponse:
        data = answer["data"]
        if fault.whole:
            self._affect(request, (), silent=False)
            return fault.replace(orjson.dumps(answer))
        if not _asks_entities(request):
            self.run.affected_roots |= set(_lost_roots(answer))
            self.run.nulled |= {null_at(data, tuple(error["path"])) for error in answer.get("errors", ())}
        elif data is not None:
            for error in answer.get("errors", ()):
                if len(null_at(data, tuple(error["path"]))) < len(error["path"]):
                    self.run.nulled_entities |= self._concerned(request, error["path"][:2])
        if fault.kind != "field_errors" and data is not None:
            for path in fault.spoil(data, entities=_asks_entities(request)):
                self._affect(request, path, silent=fault.kind == "null_entity")
        return SubgraphResponse(200, "application/json", orjson.dumps(answer))

    def _affect(self, request: Mapping[str, Any], path: Sequence[str | int], *, silent: bool) -> None:
        """Note which objects and root fields lose something with a place in the answer, or with all of it."""
        if not _asks_entities(request):
            self.run.affected_roots |= {str(path[0])} if path else {"*"}
            return
        concerned = self._concerned(request, path)
        self.run.affected |= concerned
        if silent:
            self.run.silent |= concerned

    def _concerned(self, request: Mapping[str, Any], path: Sequence[str | int]) -> set[str]:
        """The entities that a place in an answer is about; all that were asked for, if there is none."""
        variables = request.get("variables") or {}
        representations = {
            name: value for name, value in variables.items() if name.lstrip("_")[:1] == "r" and _sent(value)
        }
        concerned: list[Any] = []
        for name, values in sorted(representations.items()):
            number = name.lstrip("_").removeprefix("r")
            if path and number.isdigit() and path[0] != f"_e{number}":
                continue
            concerned += [values[path[1]]] if len(path) > 1 else values  # type: ignore[index]
        found = set()
        for one in concerned:
            try:
                found.add(self._entity(one).obj.identity)
            except GraphQLError:  # its key was spoiled before: the object around it is known to be affected
                continue
        return found

    def _fails(self, source: _Source, info: GraphQLResolveInfo) -> bool:
        if self._fault is None or not self._fault.fails():
            return False
        if source.obj.identity in ("Query", "Mutation", "Subscription"):
            self.run.affected_roots.add(str(info.path.key))
        self.run.affected.add(source.obj.identity)
        return True

    # -- resolving --------------------------------------------------------------------------------------------------

    def _resolve(self, source: _Source, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        name = info.field_name
        if name == "_entities":
            return self._entities(arguments["representations"])
        root = self._own.roots.get(info.parent_type.name)
        if root is not None:
            source = _Source(Obj(root, root), root)
        moment = None
        if root == "Mutation":
            moment = self.run.moment
            self.run.moment += 1
        if self._fails(source, info):
            raise GraphQLError(f"{self._name} fails at {name}")
        declared = self._own.types[root or info.parent_type.name].fields[name]
        provided = tuple(one for one in source.provided if one.name == name and self._applies(source, one))
        self._allow(source, info.parent_type.name, name, declared, provided=bool(provided))
        value = self._world.value(source.obj, name, arguments, moment)
        below = tuple(inner for one in provided for inner in one.selections) + declared.provides
        return self._local(value, below)

    def _applies(self, source: _Source, one: Selection) -> bool:
        return all(source.obj.type in self._world.possible(type_) for type_ in one.types)

    def _local(self, value: Any, provided: tuple[Selection, ...]) -> Any:
        if isinstance(value, list):
            return [self._local(item, provided) for item in value]
        if isinstance(value, Obj):
            return _Source(value, self._typename(value.type), provided)
        return value

    def _typename(self, real: str) -> str:
        """What this subgraph calls an object: the interface object that stands for it, if there is one."""
        if real in self._own.types:
            return real
        for type_ in self._own.types.values():
            if type_.interface_object and real in self._world.implementations(type_.name):
                return type_.name
        return real

    def _allow(self, source: _Source, type_: str, name: str, declared: SubgraphField, *, provided: bool) -> None:
        """Raises when a field must not be asked of this subgraph here."""
        if declared.requires:
            true = self._world.required(source.obj, declared.requires)
            if source.sent is None:
                self._refuse(f"{type_}.{name} is asked without what it requires")
            elif not self._world.carries(source.sent, true):
                if self.run.faults is not None:
                    self.run.affected.add(source.obj.identity)
                wrong = f"{type_}.{name} requires {true} of {source.obj.identity} and is sent {source.sent}"
                self._refuse(wrong, excused=self.run.faults is not None)
        elif declared.external and not provided and not self._holds_key(source.obj.type, name):
            self._refuse(f"{type_}.{name} is external")
        elif self._is_overridden(source.obj.type, name):
            self._refuse(f"{type_}.{name} is overridden")

    def _refuse(self, what: str, *, excused: bool = False) -> None:
        if not excused:
            self.run.violations.append(f"{self._name}: {what}")
        raise GraphQLError(what)

    def _holds_key(self, type_: str, name: str) -> bool:
        own = self._own.types.get(self._typename(type_))
        return own is not None and any(one.name == name for key, _ in own.keys for one in key)

    def _is_overridden(self, type_: str, name: str) -> bool:
        return any(
            subgraph.name != self._name
            and declared.override_from == self._name
            and (declared.override_label is None or declared.override_label in self._labels)
            for subgraph, declared in self._world.declarations(type_, name)
        )

    def _entities(self, representations: list[Any]) -> list[Any]:
        texts = [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in representations]
        if len(set(texts)) != len(texts):
            self.run.violations.append(f"{self._name}: the same representation is sent twice: {representations}")
        return [self._entity_or_error(one) for one in representations]

    def _entity_or_error(self, sent: Mapping[str, Any]) -> _Source | GraphQLError:
        """One bad representation costs one entity."""
        try:
            return self._entity(sent)
        except GraphQLError as error:
            return error

    def _entity(self, sent: Mapping[str, Any]) -> _Source:
        type_ = self._own.types.get(str(sent.get("__typename")))
        for key, resolvable in () if type_ is None else type_.keys:
            found = self._world.find(self._world.options(self._own, type_.name), key, sent) if resolvable else None
            if found is not None:
                return _Source(found, self._typename(found.type), (), sent)
        self._refuse(
            f"no entity has a resolvable key of the representation {sent}", excused=self.run.faults is not None
        )
        raise AssertionError


def _lost_roots(answer: Any) -> Iterator[str]:
    """Root fields, or ``*`` for all, that lose more than the field that failed, by a null that passed up."""
    for error in answer.get("errors", ()):
        path = tuple(error["path"])
        null = null_at(answer["data"], path)
        if len(null) < len(path):
            yield str(null[0]) if null else "*"


def _asks_entities(request: Mapping[str, Any]) -> bool:
    return "_entities(representations:" in request["query"]


def _sent(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "__typename" in one for one in value)
