"""A room's federation schema: one prefix for all six, guards from directives, fast plain fields, exported SDL.

``build_schema(query=..., mutation=..., subscription=..., types=[...])`` answers a Strawberry federation schema v2.9.
Directives act, not only print: a field with ``authenticated=True`` or ``requires_scopes=[[...]]`` refuses other
callers, and an ``inaccessible=True`` root field refuses everybody but sibling services. Ownership is the resolvers'
business.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import strawberry
from graphql import DocumentNode, GraphQLError, GraphQLInputObjectType, GraphQLObjectType, Undefined, print_ast
from graphql import parse as parse_document
from graphql.language import (
    DefinitionNode,
    DirectiveDefinitionNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
)
from strawberry.federation import Schema
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import Authenticated, Cost, Inaccessible, ListSize, RequiresScopes
from strawberry.printer import print_schema
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info as StrawberryInfo
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from subgraphs.kernel.errors import ERROR_TYPES, coded_error, forbidden, unauthenticated
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.representations import EntityType, InvalidRepresentation
from subgraphs.kernel.scalars import SCALARS
from subgraphs.kernel.shared_types import SHARED_TYPES

FEDERATION_VERSION: Literal["2.9"] = "2.9"
_LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@authenticated", "@requiresScopes",
  "@cost", "@listSize"
])
directive @oneOf on INPUT_OBJECT
"""
_FEDERATION_NAMES = frozenset({"_Any", "_Entity", "_Service", "_entities", "_service"})


def cost(weight: int) -> Cost:
    """``directives=[cost(5)]``: @cost(weight: 5)."""
    return Cost(weight=weight)


def list_size(*slicing_arguments: str, sized: str | None = "edges") -> ListSize:
    """``directives=[list_size("first")]``: @listSize(slicingArguments: ["first"], sizedFields: ["edges"])."""
    return ListSize(
        assumed_size=UNSET,
        slicing_arguments=list(slicing_arguments),
        sized_fields=[sized] if sized else UNSET,
        require_one_slicing_argument=UNSET,
    )


def build_schema(
    *,
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    types: Iterable[type] = (),
) -> "SubgraphSchema":
    """The executable schema of one room; ``types`` are those that no field mentions (entity stubs, error types)."""
    schema = SubgraphSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[*SHARED_TYPES, *ERROR_TYPES, *types],
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
        federation_version=FEDERATION_VERSION,
    )
    _prepare_fields(schema)
    return schema


class SubgraphSchema(Schema):
    """Strawberry's federation schema with tolerant ``_entities`` and the SDL that is committed under ``schema/``."""

    _exported: str | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._entity_types: dict[str, EntityType] = {}

    def as_str(self) -> str:
        """The subgraph's SDL: what ``_service`` answers and what is composed."""
        if self._exported is None:
            self._exported = _exported_sdl(print_schema(self))
        return self._exported

    def entities_resolver(self, info: StrawberryInfo, representations: list[FederationAny]) -> list[FederationAny]:
        """One entity, future or error per representation; a bad one does not spoil its neighbours."""
        return [self._entity(info, representation) for representation in representations]

    def _entity(self, info: StrawberryInfo, representation: Any) -> Any:
        try:
            if not isinstance(representation, Mapping):
                raise InvalidRepresentation("not an object")
            entity = self._entity_type(representation.get("__typename"))
            if entity is None:
                return coded_error("This subgraph has no such entity.", "UNKNOWN_ENTITY")
            return entity.resolve(info=info, **entity.read(representation))
        except GraphQLError as error:
            return error
        except ValueError:
            return coded_error("The representation does not fit a key of its type.", "INVALID_REPRESENTATION")

    def _entity_type(self, name: object) -> EntityType | None:
        if not isinstance(name, str):
            return None
        if name not in self._entity_types:
            definition = getattr(self.schema_converter.type_map.get(name), "definition", None)
            type_ = self._schema.type_map.get(name)
            if not isinstance(definition, StrawberryObjectDefinition) or not isinstance(type_, GraphQLObjectType):
                return None
            if not hasattr(definition.origin, "resolve_reference"):
                return None
            self._entity_types[name] = EntityType(type_, definition)
        return self._entity_types[name]


# -- fields ------------------------------------------------------------------------------------------------------------


def _prepare_fields(schema: SubgraphSchema) -> None:
    """Guard, speed up and tidy every field of the finished GraphQL schema."""
    graphql_schema = schema._schema
    roots = {graphql_schema.query_type, graphql_schema.mutation_type, graphql_schema.subscription_type}
    for graphql_type in graphql_schema.type_map.values():
        if isinstance(graphql_type, GraphQLInputObjectType):
            for input_field in graphql_type.fields.values():
                _drop_null_default(input_field)
        if not isinstance(graphql_type, GraphQLObjectType) or graphql_type.name.startswith("__"):
            continue
        for field in graphql_type.fields.values():
            for argument in field.args.values():
                _drop_null_default(argument)
            definition = field.extensions.get("strawberry-definition")
            if graphql_type.name == "_Service":
                field.resolve = lambda _source, _info: schema.as_str()
            elif isinstance(definition, StrawberryField):
                _make_plain(field, definition)
                _guard(field, definition, is_root=graphql_type in roots)


def _drop_null_default(value: Any) -> None:
    """An optional argument without a default is simply absent; Strawberry prints ``= null``, the contract does not."""
    if value.default_value is None:
        value.default_value = Undefined


def _make_plain(field: Any, definition: StrawberryField) -> None:
    """Fields without a resolver read an attribute, nothing else: the fast path of hot lists."""
    if not definition.is_basic_field:
        return
    name = definition.python_name

    def read(source: Any, _info: Any) -> Any:
        return getattr(source, name)

    field.resolve = read


def _guard(field: Any, definition: StrawberryField, *, is_root: bool) -> None:
    check = _check_of(definition.directives, is_root=is_root)
    if check is None:
        return
    for attribute in ("resolve", "subscribe"):
        inner = getattr(field, attribute, None)
        if inner is not None:
            setattr(field, attribute, _guarded(inner, check))


def _guarded(inner: Callable[..., Any], check: Callable[[Principal], None]) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(inner):

        async def guarded_stream(source: Any, info: Any, **arguments: Any) -> Any:
            check(info.context.principal)
            async for item in inner(source, info, **arguments):
                yield item

        return guarded_stream

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        check(info.context.principal)
        return inner(source, info, **arguments)

    return guarded


def _check_of(directives: Sequence[object], *, is_root: bool) -> Callable[[Principal], None] | None:
    authenticated = any(isinstance(item, Authenticated) for item in directives)
    scopes = [item.scopes for item in directives if isinstance(item, RequiresScopes)]
    services_only = is_root and any(isinstance(item, Inaccessible) for item in directives)
    if not (authenticated or scopes or services_only):
        return None
    alternatives = [frozenset(group) for group in scopes[0]] if scopes else []

    def check(principal: Principal) -> None:
        if services_only and principal.kind != "service":
            raise forbidden("This operation is for sibling services.")
        if not principal.authenticated:
            raise unauthenticated()
        if alternatives and not any(group <= principal.scopes for group in alternatives):
            raise forbidden()

    return check


# -- SDL ---------------------------------------------------------------------------------------------------------------


def _exported_sdl(printed: str) -> str:
    """Strawberry's print with one prefix for all rooms and without what every Federation server implies."""
    definitions: list[DefinitionNode] = list(parse_document(_LINK + _scalar_definitions()).definitions)
    prefix_scalars = {definition.name for definition in SCALARS.values()}
    for node in parse_document(printed).definitions:
        name = getattr(getattr(node, "name", None), "value", "")
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode | DirectiveDefinitionNode):
            continue
        if name in _FEDERATION_NAMES or name in prefix_scalars:
            continue
        if isinstance(node, ObjectTypeDefinitionNode) and name == "Query":
            own = tuple(field for field in node.fields or () if field.name.value not in _FEDERATION_NAMES)
            definitions.append(ObjectTypeDefinitionNode(**{**_parts(node), "fields": own}))
        else:
            definitions.append(node)
    return print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"


def _scalar_definitions() -> str:
    return "".join(f"{json.dumps(scalar.description)}\nscalar {scalar.name}\n" for scalar in SCALARS.values())


def _parts(node: ObjectTypeDefinitionNode) -> dict[str, Any]:
    return {key: getattr(node, key) for key in node.keys if key != "loc"}


__all__ = ["JSON", "SubgraphSchema", "build_schema", "cost", "list_size", "strawberry"]
