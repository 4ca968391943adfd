"""The client's response read from the merged data, for data in which nothing is wrong: generated Python.

Nearly every answer is regular: leaves have their types, non-null fields have values, ``__typename`` is known. The
generated functions check just that while they build the response and raise for anything else; the caller then turns
to ``completion``, which says exactly what is wrong and where. A missing key is as good as null, but noted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    is_leaf_type,
)

from router.executor.introspection import data_key
from router.executor.leaves import MAX_INT, MIN_INT, InvalidLeaf, leaf_completion
from router.executor.source import Source
from router.executor.typenames import applicable, depends_on_typename, possible_types
from router.query_plan.nodes import Conditions, QueryPlan, ResponseField

__all__ = ["IRREGULAR", "Held", "Irregular", "Shape", "compile_shape"]


class Irregular(Exception):  # noqa: N818 - says what the answer is
    """The answer is not as the API schema promises."""


IRREGULAR = (Irregular, InvalidLeaf, KeyError, TypeError, AttributeError)
"""What a generated function raises for data that is not regular."""


class Held(list[bool]):
    """The values of a plan's conditions."""

    missing = False
    """Set where a key is missing."""


Shape = Callable[[dict[str, Any], Held], dict[str, Any]]
"""From the merged data and the values of the plan's conditions to ``data``."""

_OWN_TYPENAME = "o['__typename']"
_BUILTINS: dict[str, Any] = {
    "type": type,
    "map": map,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "dict": dict,
    "list": list,
}
_BUILTINS |= {"KeyError": KeyError, "Irregular": Irregular}

_WRONG_SPECIFIED = {
    "Int": f"(type({{0}}) is not int or {{0}} > {MAX_INT} or {{0}} < {MIN_INT})",
    "Float": "type({0}) is not float and type({0}) is not int",
    "String": "type({0}) is not str",
    "Boolean": "type({0}) is not bool",
    "ID": "type({0}) is not str",
}


def compile_shape(plan: QueryPlan, schema: GraphQLSchema, conditions: tuple[Conditions, ...]) -> Shape:
    """The function for ``plan``. ``conditions`` are those of its response fields; it is given their values."""
    source = Source(**_BUILTINS)
    functions = _Functions(source, schema, {include: index for index, include in enumerate(conditions)})
    shape: Shape = source.build(functions.of_object(plan.response, repr(plan.root_type)))
    return shape


class _Functions:
    """Writes one function per selection set and set of types that is answered alike; all take ``(value, c)``."""

    def __init__(self, source: Source, schema: GraphQLSchema, conditions: dict[Conditions, int]) -> None:
        self._source = source
        self._schema = schema
        self._conditions = conditions
        self._written: dict[tuple[tuple[int, ...], str], str] = {}
        self._bodies: dict[tuple[str, ...], str] = {}
        """Functions by what they do: objects under several aliases share theirs."""
        self._enums: dict[str, str] = {}

    def of_object(self, fields: tuple[ResponseField, ...], typename: str, accepted: str | None = None) -> str:
        """For objects of which all ``fields`` are selected. ``typename`` is the expression of ``__typename``;
        ``accepted`` names the types an object may say it has, if that is to be checked."""
        key = (tuple(map(id, fields)), f"{typename} {accepted}")
        written = self._written.get(key)
        if written is None:
            written = self._written[key] = self._write_object(fields, typename, accepted)
        return written

    def _write_object(self, fields: tuple[ResponseField, ...], typename: str, accepted: str | None) -> str:
        plain = [field for field in fields if not field.include]
        variables = {id(field): f"v{number}" for number, field in enumerate(fields)}
        loaded = [field for field in plain if _is_loaded(field)]
        body = _loads([(variables[id(field)], data_key(field)) for field in loaded])
        if accepted is not None:
            body += ["t = o.get('__typename')", f"if t is not None and t not in {accepted}: raise Irregular"]
        values = {id(field): self._complete(field, variables[id(field)], typename, body) for field in plain}
        display = ", ".join(f"{field.response_key!r}: {values[id(field)]}" for field in plain)
        if len(plain) == len(fields):
            body.append(f"return {{{display}}}")
        else:
            body += self._in_order(fields, variables, values, typename)
        name = self._bodies.get(tuple(body))
        if name is None:
            name = self._bodies[tuple(body)] = self._source.name("object")
            self._source.add([f"def {name}(o, c):", *(f" {line}" for line in body)])
        return name

    def _in_order(
        self, fields: tuple[ResponseField, ...], variables: dict[int, str], values: dict[int, str], typename: str
    ) -> list[str]:
        """Fields one by one, those with a condition under it."""
        body = ["r = {}"]
        for field in fields:
            if not field.include:
                body.append(f"r[{field.response_key!r}] = {values[id(field)]}")
                continue
            variable = variables[id(field)]
            inner = _loads([(variable, data_key(field))]) if _is_loaded(field) else []
            value = self._complete(field, variable, typename, inner)
            inner.append(f"r[{field.response_key!r}] = {value}")
            body += [f"if c[{self._conditions[field.include]}]:", *(f" {line}" for line in inner)]
        return [*body, "return r"]

    def _complete(self, field: ResponseField, variable: str, typename: str, body: list[str]) -> str:
        """Add to ``body`` what turns the loaded ``variable`` into the field's value; the expression of the value."""
        match field.origin:
            case "typename":
                return typename
            case "introspection":
                return variable
            case "unauthorized":
                body.append("raise Irregular")
                return "None"
        body += self._completed(field.type, field.selections, variable)
        return variable

    def _completed(self, type_: GraphQLOutputType, selections: tuple[ResponseField, ...], variable: str) -> list[str]:
        nullable = not isinstance(type_, GraphQLNonNull)
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if is_leaf_type(inner):
            return self._completed_leaf(inner, variable, nullable=nullable)
        lines = [f"{variable} = {self._call(inner, selections, variable)}"]
        if isinstance(inner, GraphQLList):
            lines = self._completed_list(inner, selections, variable)
        return [f"if {variable} is not None:", *(f" {line}" for line in lines)] if nullable else lines

    def _completed_leaf(self, leaf: GraphQLScalarType | GraphQLEnumType, variable: str, *, nullable: bool) -> list[str]:
        complete = leaf_completion(leaf)
        if complete is None:
            return [] if nullable else [f"if {variable} is None: raise Irregular"]
        wrong = self._wrong(leaf).format(variable)
        if nullable:
            wrong += f" and {variable} is not None"
        return [f"if {wrong}: {variable} = {self._source.constant('leaf', complete)}({variable})"]

    def _wrong(self, leaf: GraphQLScalarType | GraphQLEnumType) -> str:
        """The test whether a value needs a closer look, with ``{0}`` for the value."""
        if isinstance(leaf, GraphQLScalarType):
            return _WRONG_SPECIFIED[leaf.name]
        return f"{{0}} not in {self._values(leaf)}"

    def _values(self, leaf: GraphQLEnumType) -> str:
        known = self._enums.get(leaf.name)
        if known is None:
            known = self._enums[leaf.name] = self._source.constant("values", frozenset(leaf.values))
        return known

    def _completed_list(
        self, type_: GraphQLList[Any], selections: tuple[ResponseField, ...], variable: str
    ) -> list[str]:
        item = type_.of_type
        nullable = not isinstance(item, GraphQLNonNull)
        inner = item.of_type if isinstance(item, GraphQLNonNull) else item
        lines = [f"if type({variable}) is not list: raise Irregular"]
        if is_leaf_type(inner):
            complete = leaf_completion(inner)
            if complete is None:
                return lines if nullable else [*lines, f"if None in {variable}: raise Irregular"]
            value = f"{self._source.constant('leaf', complete)}(i) if {self._wrong(inner).format('i')} else i"
        else:
            value = self._call(inner, selections, "i")
        if nullable:
            value = f"None if i is None else {value}"
        return [*lines, f"{variable} = [{value} for i in {variable}]"]

    def _call(self, type_: GraphQLOutputType, selections: tuple[ResponseField, ...], argument: str) -> str:
        """The expression that completes the object or list ``argument``, which is not null."""
        if isinstance(type_, GraphQLList):
            name = self._source.name("items")
            lines = self._completed_list(type_, selections, "o")
            self._source.add([f"def {name}(o, c):", *(f" {line}" for line in lines), " return o"])
            return f"{name}({argument}, c)"
        if isinstance(type_, GraphQLObjectType):
            fields = applicable(selections, type_.name)
            return f"{self.of_object(fields, repr(type_.name))}({argument}, c)"
        assert isinstance(type_, GraphQLInterfaceType | GraphQLUnionType)  # noqa: S101 - leaves went before
        possible = possible_types(self._schema, type_)
        if depends_on_typename(selections):
            return f"{self._by_type(selections, possible)}[{argument}['__typename']]({argument}, c)"
        # an interface object says the interface's name, which does no harm while nothing depends on it
        accepted = self._source.constant("types", possible | {type_.name})
        return f"{self.of_object(selections, 'None', accepted)}({argument}, c)"

    def _by_type(self, selections: tuple[ResponseField, ...], possible: frozenset[str]) -> str:
        """The name of a table from runtime type to function; types without differences share one."""
        alike: dict[tuple[int, ...], tuple[ResponseField, ...]] = {}
        entries = []
        for typename in sorted(possible):
            fields = applicable(selections, typename)
            fields = alike.setdefault(tuple(map(id, fields)), fields)
            entries.append(f"{typename!r}: {self.of_object(fields, _OWN_TYPENAME)}")
        name = self._source.name("by_type")
        self._source.add([f"{name} = {{{', '.join(entries)}}}"])
        return name


def _is_loaded(field: ResponseField) -> bool:
    return field.origin in ("data", "introspection")


def _loads(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Bring values into variables. Subscripts are fastest; a key is rarely missing."""
    if not pairs:
        return ["if type(o) is not dict: raise Irregular"]
    return [
        "try:",
        *(f" {variable} = o[{key!r}]" for variable, key in pairs),
        "except KeyError:",
        " c.missing = True",
        *(f" {variable} = o.get({key!r})" for variable, key in pairs),
    ]
