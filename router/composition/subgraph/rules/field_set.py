"""What ``@key``, ``@provides`` and ``@requires`` demand of their ``fields`` alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode, VariableNode, print_ast

from router.composition.errors import CompositionError
from router.composition.schema import (
    Application,
    Field,
    FieldsType,
    InterfaceType,
    NamedType,
    ObjectType,
    Schema,
    UnionType,
)
from router.composition.schema.fitting import value_fits
from router.composition.schema.type_ref import named
from router.composition.schema.value import read_value
from router.composition.subgraph.subgraph import Subgraph
from router.specs.field_set import FieldSetSyntaxError, parse_field_set

__all__ = ["FieldSetRule"]


@dataclass(frozen=True, slots=True)
class FieldSetRule:
    """The rule of one directive, ``spec``: whether selected fields may take arguments, must be external, and whether
    abstract types may be selected."""

    subgraph: Subgraph
    spec: str
    allow_arguments: bool = False
    leaves_must_be_external: bool = False
    only_plain_types: bool = False

    def check(self, application: Application, type_name: str, where: str) -> Iterator[CompositionError]:
        """What is wrong with one application: INVALID_FIELDS_TYPE, INVALID_FIELDS, DIRECTIVE_IN_FIELDS_ARG,
        FIELDS_HAS_ARGS, FIELDS_SELECT_INVALID_TYPE and FIELDS_MISSING_EXTERNAL, with ``spec`` in front.

        ``where`` names the annotated element: ``type "User"``.
        """
        text = application.arguments.get("fields")
        if not isinstance(text, str):
            yield self._error("INVALID_FIELDS_TYPE", where, application, "fields must be a string")
            return
        try:
            selection_set = parse_field_set(text)
        except FieldSetSyntaxError as error:
            yield self._error("INVALID_FIELDS", where, application, str(error))
            return
        invalid = list(self._invalid_selections(selection_set, type_name))
        found = [("INVALID_FIELDS", problem) for problem in invalid[:1]] or list(
            self._unfit_selections(selection_set, type_name, external_above=False)
        )
        for code, problem in found:
            yield self._error(code, where, application, problem)

    def _error(self, code: str, where: str, application: Application, problem: str) -> CompositionError:
        return CompositionError(
            f"{self.spec.upper()}_{code}", f"On {where}, for {application}: {problem}.", (where.split('"')[1],)
        )

    def _invalid_selections(self, selection_set: SelectionSetNode, type_name: str) -> Iterator[str]:
        type_ = self.subgraph.schema.types.get(type_name)
        for selection in selection_set.selections:
            if isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition.name.value if selection.type_condition else type_name
                if not isinstance(self.subgraph.schema.types.get(condition), FieldsType | UnionType):
                    yield f'"... on {condition}" names no composite type of this subgraph'
                else:
                    yield from self._invalid_selections(selection.selection_set, condition)
            elif isinstance(selection, FieldNode):
                yield from self._invalid_field(selection, type_, type_name)
            else:
                yield f"{print_ast(selection)} is not allowed: only fields and inline fragments are"

    def _invalid_field(self, selection: FieldNode, type_: NamedType | None, type_name: str) -> Iterator[str]:
        name = selection.name.value
        if selection.alias is not None:
            yield f'remove the alias "{selection.alias.value}": aliases are not supported'
        if name == "__typename":
            return
        field = type_.fields.get(name) if isinstance(type_, FieldsType) else None
        if field is None:
            advice = "add it" if self.spec == "key" else "add it with @external if another subgraph resolves it"
            yield f'type "{type_name}" has no field "{name}" in this subgraph: {advice}'
            return
        yield from _invalid_arguments(self.subgraph.schema, selection, field)
        inner = named(field.type)
        is_composite = isinstance(self.subgraph.schema.types.get(inner), FieldsType | UnionType)
        if self.only_plain_types and isinstance(self.subgraph.schema.types.get(inner), InterfaceType | UnionType):
            return  # refused as a whole, whatever is selected of it
        if is_composite and selection.selection_set is None:
            yield f'field "{field.coordinate}" of type "{field.type}" needs a selection of its fields'
        elif selection.selection_set is not None and not is_composite:
            yield f'field "{field.coordinate}" of type "{field.type}" has no fields to select'
        elif selection.selection_set is not None:
            yield from self._invalid_selections(selection.selection_set, inner)

    def _unfit_selections(
        self, selection_set: SelectionSetNode, type_name: str, *, external_above: bool
    ) -> Iterator[tuple[str, str]]:
        type_ = self.subgraph.schema.types.get(type_name)
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.directives:
                listed = " ".join(print_ast(directive) for directive in selection.directives)
                yield "DIRECTIVE_IN_FIELDS_ARG", f"directives are not allowed inside fields, remove {listed}"
            if isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition.name.value if selection.type_condition else type_name
                yield from self._unfit_selections(selection.selection_set, condition, external_above=external_above)
            elif isinstance(selection, FieldNode) and isinstance(type_, FieldsType):
                yield from self._unfit_field(selection, type_, external_above=external_above)

    def _unfit_field(
        self, selection: FieldNode, type_: FieldsType, *, external_above: bool
    ) -> Iterator[tuple[str, str]]:
        name = selection.name.value
        field = type_.fields.get(name)
        coordinate = f"{type_.name}.{name}"
        external = field is not None and self.subgraph.usage.is_external(field)
        if field is not None:
            yield from self._unfit_type(field)
        if self.leaves_must_be_external and selection.selection_set is None and not (external or external_above):
            yield "FIELDS_MISSING_EXTERNAL", self._missing_external(coordinate)
        if field is not None and selection.selection_set is not None:
            above = external_above or external or self._external_in_implementation(type_, name)
            yield from self._unfit_selections(selection.selection_set, named(field.type), external_above=above)

    def _unfit_type(self, field: Field) -> Iterator[tuple[str, str]]:
        if field.arguments and not self.allow_arguments:
            yield (
                "FIELDS_HAS_ARGS",
                f'field "{field.coordinate}" takes arguments, which is not allowed in @{self.spec}: select a field that'
                " takes none",
            )
        if self.only_plain_types:
            selected = self.subgraph.schema.types.get(named(field.type))
            if isinstance(selected, InterfaceType | UnionType):
                yield (
                    "FIELDS_SELECT_INVALID_TYPE",
                    f'field "{field.coordinate}" is of {selected.kind} type, which no key may select: select a field'
                    " of a scalar, enum or object type",
                )

    def _missing_external(self, coordinate: str) -> str:
        if coordinate in self.subgraph.usage.fake_external:
            return (
                f'field "{coordinate}" is a key field of an extension, which this subgraph provides although it is'
                f" marked @external: remove it from @{self.spec}"
            )
        return f'field "{coordinate}" is provided by this subgraph anyway: mark it @external or remove it from fields'

    def _external_in_implementation(self, type_: FieldsType, name: str) -> bool:
        if not isinstance(type_, InterfaceType):
            return False
        schema = self.subgraph.schema
        return any(
            isinstance(implementation := schema.types[object_name], ObjectType)
            and name in implementation.fields
            and self.subgraph.usage.is_external(implementation.fields[name])
            for object_name in schema.possible_types(type_.name)
        )


def _invalid_arguments(schema: Schema, selection: FieldNode, field: Field) -> Iterator[str]:
    given = {argument.name.value: argument.value for argument in selection.arguments or ()}
    for name in sorted(given.keys() - field.arguments.keys()):
        yield f'field "{field.coordinate}" has no argument "{name}"'
    for argument in field.arguments.values():
        node = given.get(argument.name)
        if node is None:
            if argument.required:
                yield f'required argument "{argument.coordinate}" is missing'
        elif isinstance(node, VariableNode) or not value_fits(schema, read_value(node), argument.type):
            yield f'{print_ast(node)} is no value for argument "{argument.coordinate}" of type "{argument.type}"'
