"""What a subgraph does with its fields: which are external, shareable, provided, or used by a directive or interface.

Rules that many checks share (federation specification, sections "@external", "@shareable", "@provides"):

- ``@external`` and ``@shareable`` on a type speak of the fields of that declaration.
- An external key field of an extension counts as resolvable: federation 1 had to write it so ("fake external").
- Fields of keys are shareable, and so are the fields a ``@provides`` names.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from router.composition.schema import Application, Field, FieldsType, InterfaceType, Schema
from router.composition.schema.type_ref import named
from router.specs.context_value import parse_context_value
from router.specs.field_set import FieldSetSyntaxError, parse_field_set

__all__ = ["FieldUsage", "selected_fields"]


class FieldUsage:
    """Sets of field coordinates of one schema, fixed when built."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._marked_external = set(self._marked("external"))
        self.fake_external = set(self._key_fields_of_extensions()) & self._marked_external
        self.external = self._marked_external - self.fake_external
        self.provided = set(self._targets("provides"))
        self.key_fields = set(self._targets("key"))
        self.shareable = set(self._marked("shareable")) | self.key_fields | self.provided
        self.used = (
            self.key_fields | self.provided | set(self._targets("requires")) | set(self._interface_constrained())
        )
        self.used |= set(self._context_fields())

    def is_external(self, field: Field) -> bool:
        """Whether the subgraph does not resolve the field on its own."""
        return field.coordinate in self.external

    def is_fully_external(self, field: Field) -> bool:
        """Whether it resolves the field on no path at all."""
        return field.coordinate in self.external and field.coordinate not in self.provided

    def is_shareable(self, field: Field) -> bool:
        """Whether other subgraphs may resolve the field too."""
        return field.coordinate in self.shareable

    def is_used(self, field: Field) -> bool:
        """Whether a key, requires, provides, context or interface needs the field to be declared."""
        return field.coordinate in self.used

    def _marked(self, spec: str) -> Iterator[str]:
        for type_ in self._schema.fields_types():
            declarations = {application.declaration for application in type_.all(spec)}
            for field in type_.fields.values():
                if field.declaration in declarations or field.has(spec):
                    yield field.coordinate

    def _key_fields_of_extensions(self) -> Iterator[str]:
        for type_ in self._schema.fields_types():
            for key in type_.all("key"):
                if key.declaration > 0 or type_.has("extends"):
                    yield from self._selected(type_.name, key)

    def _targets(self, spec: str) -> Iterator[str]:
        if spec == "key":
            for type_ in self._schema.fields_types():
                for key in type_.all("key"):
                    yield from self._selected(type_.name, key)
            return
        for type_, field in self._schema.composite_fields():
            for application in field.all(spec):
                yield from self._selected(type_.name if spec == "requires" else named(field.type), application)

    def _selected(self, type_name: str, application: Application) -> Iterator[str]:
        try:
            selection_set = parse_field_set(application.text("fields"))
        except FieldSetSyntaxError:
            return
        for field in selected_fields(self._schema, type_name, selection_set):
            yield field.coordinate

    def _interface_constrained(self) -> Iterator[str]:
        for type_ in self._schema.objects():
            for interface_name in type_.interfaces:
                interface = self._schema.types.get(interface_name)
                if isinstance(interface, InterfaceType):
                    for name in interface.fields:
                        if name in type_.fields:
                            yield type_.fields[name].coordinate

    def _context_fields(self) -> Iterator[str]:
        contexts: dict[str, list[str]] = {}
        for type_ in self._schema.types.values():
            for application in type_.all("context"):
                contexts.setdefault(application.text("name"), []).append(type_.name)
        for _, field in self._schema.composite_fields():
            for argument in field.arguments.values():
                for application in argument.all("fromContext"):
                    value = parse_context_value(application.text("field"))
                    if value is None:
                        continue
                    try:
                        selection_set = parse_field_set(value[1])
                    except FieldSetSyntaxError:
                        continue
                    for type_name in contexts.get(value[0], ()):
                        for selected in selected_fields(self._schema, type_name, selection_set):
                            yield selected.coordinate


def selected_fields(schema: Schema, type_name: str, selection_set: SelectionSetNode) -> Iterator[Field]:
    """Every field a selection reaches, and the implementations of those it reaches through an interface."""
    type_ = schema.types.get(type_name)
    for selection in selection_set.selections:
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition.name.value if selection.type_condition else type_name
            yield from selected_fields(schema, condition, selection.selection_set)
        elif isinstance(selection, FieldNode) and isinstance(type_, FieldsType):
            field = type_.fields.get(selection.name.value)
            if field is None:
                continue
            yield field
            if isinstance(type_, InterfaceType):
                yield from _implementations(schema, type_, field.name)
            if selection.selection_set is not None:
                yield from selected_fields(schema, named(field.type), selection.selection_set)


def _implementations(schema: Schema, interface: InterfaceType, field_name: str) -> Iterator[Field]:
    for name in schema.possible_types(interface.name):
        implementation = schema.types[name]
        if isinstance(implementation, FieldsType) and field_name in implementation.fields:
            yield implementation.fields[field_name]
