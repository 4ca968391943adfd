"""The elements of a schema. Mutable: the upgrade of federation 1 and merging change them in place.

A type is written in one definition (declaration 0) and any number of extensions (1, 2, ...); fields and applications
remember theirs, because ``@shareable`` and ``@external`` on a type speak of one declaration only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from router.composition.schema.value import MISSING, Missing, Value, print_value
from router.specs.link import Links

__all__ = [
    "Application",
    "DirectiveDefinition",
    "Element",
    "EnumType",
    "EnumValue",
    "Field",
    "FieldsType",
    "InputObjectType",
    "InputValue",
    "InterfaceType",
    "NamedType",
    "ObjectType",
    "ScalarType",
    "Schema",
    "UnionType",
]


@dataclass(slots=True)
class Application:
    """A directive on an element. ``name`` is local, ``spec`` the federation directive it means, if any."""

    name: str
    arguments: dict[str, Value] = field(default_factory=dict)
    spec: str | None = None
    declaration: int = 0

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}: {print_value(value)}" for name, value in self.arguments.items())
        return f"@{self.name}({arguments})" if arguments else f"@{self.name}"

    def text(self, name: str) -> str:
        """A string argument, or empty when it is absent or no string."""
        value = self.arguments.get(name)
        return value if isinstance(value, str) else ""


@dataclass(slots=True)
class Element:
    """Anything that has a coordinate, a description and directive applications."""

    coordinate: str
    description: str | None = None
    applied: list[Application] = field(default_factory=list)

    def all(self, spec: str) -> list[Application]:
        """The applications of a federation directive, by its canonical name."""
        return [application for application in self.applied if application.spec == spec]

    def first(self, spec: str) -> Application | None:
        """The first application of a federation directive."""
        for application in self.applied:
            if application.spec == spec:
                return application
        return None

    def has(self, spec: str) -> bool:
        """Whether a federation directive is applied."""
        return self.first(spec) is not None

    def remove(self, spec: str) -> None:
        """Drop the applications of a federation directive."""
        self.applied = [application for application in self.applied if application.spec != spec]


@dataclass(slots=True)
class InputValue(Element):
    """An argument or an input field."""

    name: str = ""
    type: str = ""
    default: Value | Missing = MISSING

    @property
    def required(self) -> bool:
        """Whether it must be given: non-null without a default."""
        return self.type.endswith("!") and self.default is MISSING


@dataclass(slots=True)
class Field(Element):
    """A field of an object or interface type; ``parent`` is that type's name."""

    name: str = ""
    parent: str = ""
    type: str = ""
    arguments: dict[str, InputValue] = field(default_factory=dict)
    declaration: int = 0


@dataclass(slots=True)
class EnumValue(Element):
    """A value of an enum."""

    name: str = ""


@dataclass(slots=True)
class NamedType(Element):
    """What all types share. ``defined`` is false when the subgraph only extends the type."""

    kind: ClassVar[str] = ""
    name: str = ""
    defined: bool = True

    def children(self) -> Iterator[Element]:
        """The elements directly inside, with the arguments of fields."""
        return iter(())


@dataclass(slots=True)
class ScalarType(NamedType):
    """A custom scalar."""

    kind: ClassVar[str] = "scalar"


@dataclass(slots=True)
class FieldsType(NamedType):
    """An object or interface type."""

    interfaces: list[str] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)

    def children(self) -> Iterator[Element]:
        for member in self.fields.values():
            yield member
            yield from member.arguments.values()


@dataclass(slots=True)
class ObjectType(FieldsType):
    """An object type."""

    kind: ClassVar[str] = "object"


@dataclass(slots=True)
class InterfaceType(FieldsType):
    """An interface type."""

    kind: ClassVar[str] = "interface"


@dataclass(slots=True)
class UnionType(NamedType):
    """A union; members in order of writing."""

    kind: ClassVar[str] = "union"
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EnumType(NamedType):
    """An enum."""

    kind: ClassVar[str] = "enum"
    values: dict[str, EnumValue] = field(default_factory=dict)

    def children(self) -> Iterator[Element]:
        yield from self.values.values()


@dataclass(slots=True)
class InputObjectType(NamedType):
    """An input object type."""

    kind: ClassVar[str] = "input"
    fields: dict[str, InputValue] = field(default_factory=dict)

    def children(self) -> Iterator[Element]:
        yield from self.fields.values()


@dataclass(slots=True)
class DirectiveDefinition(Element):
    """A directive definition."""

    name: str = ""
    arguments: dict[str, InputValue] = field(default_factory=dict)
    repeatable: bool = False
    locations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Schema(Element):
    """A schema; its own description and applications are those of ``schema { ... }``.

    ``roots`` maps query, mutation and subscription to type names. ``directives`` holds definitions that no
    specification of the links owns.
    """

    types: dict[str, NamedType] = field(default_factory=dict)
    directives: dict[str, DirectiveDefinition] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    links: Links = field(default_factory=Links)

    def fields_types(self) -> Iterator[FieldsType]:
        """Object and interface types."""
        for type_ in self.types.values():
            if isinstance(type_, FieldsType):
                yield type_

    def objects(self) -> Iterator[ObjectType]:
        """Object types."""
        for type_ in self.types.values():
            if isinstance(type_, ObjectType):
                yield type_

    def interfaces(self) -> Iterator[InterfaceType]:
        """Interface types."""
        for type_ in self.types.values():
            if isinstance(type_, InterfaceType):
                yield type_

    def composite_fields(self) -> Iterator[tuple[FieldsType, Field]]:
        """Every field with its type."""
        for type_ in self.fields_types():
            for member in type_.fields.values():
                yield type_, member

    def elements(self) -> Iterator[Element]:
        """Every element: the schema, its types and everything inside them."""
        yield self
        for type_ in self.types.values():
            yield type_
            yield from type_.children()

    def directive_arguments(self) -> Iterator[InputValue]:
        """The arguments of directive definitions."""
        for directive in self.directives.values():
            yield from directive.arguments.values()

    def possible_types(self, name: str) -> list[str]:
        """The object types a value of this composite type can have, in order of definition. Of an interface all object
        types of the schema are gone through."""
        type_ = self.types.get(name)
        if isinstance(type_, ObjectType):
            return [name]
        if isinstance(type_, UnionType):
            return [member for member in type_.members if member in self.types]
        if isinstance(type_, InterfaceType):
            return [candidate.name for candidate in self.objects() if name in candidate.interfaces]
        return []
