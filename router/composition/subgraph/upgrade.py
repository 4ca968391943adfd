"""Stage 4: a federation 1 schema made to mean the same in federation 2 (Federation docs, "Backward compatibility").

Federation 1 shared value types silently, demanded ``@external`` on the key fields of extensions, and tolerated
directives without effect; each step undoes one of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graphql import FieldNode

from router.composition.errors import CompositionError
from router.composition.schema import (
    Application,
    EnumLiteral,
    FieldsType,
    InputObjectType,
    InterfaceType,
    ObjectType,
    UnionType,
)
from router.composition.schema.type_ref import named
from router.composition.subgraph.inactive_field_sets import trim_inactive_field_sets
from router.composition.subgraph.rules.check import check_federation_rules
from router.composition.subgraph.subgraph import Subgraph
from router.composition.subgraph.usage import selected_fields
from router.specs.field_set import FieldSetSyntaxError, parse_field_set

__all__ = ["upgrade_subgraphs"]

_ROOTS = ("Query", "Mutation", "Subscription")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the upgrade of one subgraph must know of another, as it was before any upgrade."""

    name: str
    defined: frozenset[str]
    objects: frozenset[str]
    resolved: frozenset[str]
    keys: dict[str, tuple[Application, ...]]


def upgrade_subgraphs(subgraphs: Sequence[Subgraph]) -> list[CompositionError]:
    """Upgrade the federation 1 subgraphs in place; the errors are those of the upgraded schemas.

    Each type, and each field of an entity or root, is looked for in all other subgraphs: O(fields x subgraphs).
    """
    facts = [_facts(subgraph) for subgraph in subgraphs]
    errors = list(_interface_objects_without_key(subgraphs))
    for subgraph in subgraphs:
        if not subgraph.is_federation_2:
            others = [fact for fact in facts if fact.name != subgraph.name]
            errors += _upgrade(subgraph, others)
    return errors


def _interface_objects_without_key(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """An interface object needs a subgraph that answers by a key of the interface; federation 1 has none."""
    keyed = [
        (subgraph, type_.name)
        for subgraph in subgraphs
        for type_ in subgraph.schema.interfaces()
        if any(key.arguments.get("resolvable") is not False or not subgraph.is_federation_2 for key in type_.all("key"))
    ]
    for subgraph in subgraphs:
        for type_ in subgraph.schema.objects():
            versions = [owner.is_federation_2 for owner, name in keyed if name == type_.name]
            if type_.has("interfaceObject") and versions and not any(versions):
                yield CompositionError(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f'@interfaceObject on "{type_.name}" in subgraph "{subgraph.name}" needs an interface with a @key,'
                    f" but only federation 1 subgraphs give it one, which has no effect: make one federation 2.",
                    (type_.name,),
                    (subgraph.name,),
                )


def _facts(subgraph: Subgraph) -> _Facts:
    schema, usage = subgraph.schema, subgraph.usage
    objects = list(schema.objects())
    return _Facts(
        subgraph.name,
        frozenset(type_.name for type_ in schema.types.values() if type_.defined),
        frozenset(type_.name for type_ in objects),
        frozenset(
            field.coordinate
            for type_ in objects
            for field in type_.fields.values()
            if not usage.is_fully_external(field)
        ),
        {type_.name: tuple(type_.all("key")) for type_ in objects if type_.has("key")},
    )


def _upgrade(subgraph: Subgraph, others: list[_Facts]) -> list[CompositionError]:
    errors = list(_extensions_without_base(subgraph, others))
    if errors:
        return errors
    own_key_fields = _fix_arguments(subgraph)
    _remove_misplaced(subgraph)
    _remove_external_from_extensions(subgraph, others)
    subgraph.forget_usage()
    trim_inactive_field_sets(subgraph)
    _define_extensions(subgraph)
    subgraph.forget_usage()
    errors = list(_remove_unused_external(subgraph))
    subgraph.forget_usage()
    _add_shareable(subgraph, others, own_key_fields)
    _remove_tags_from_external(subgraph)
    subgraph.forget_usage()
    return errors or check_federation_rules(subgraph)


def _extensions_without_base(subgraph: Subgraph, others: list[_Facts]) -> Iterator[CompositionError]:
    for type_ in subgraph.schema.fields_types():
        is_extension = not type_.defined or type_.has("extends")
        if is_extension and type_.name not in _ROOTS and not any(type_.name in fact.defined for fact in others):
            yield CompositionError(
                "EXTENSION_WITH_NO_BASE",
                f'[{subgraph.name}] Type "{type_.name}" is extended but no subgraph defines it: drop "extend" here.',
                (type_.name,),
                (subgraph.name,),
            )


def _fix_arguments(subgraph: Subgraph) -> frozenset[str]:
    """``fields`` written as a list or a bare name becomes a string. Returns the key fields of the schema."""
    for type_ in subgraph.schema.fields_types():
        for application in type_.all("key"):
            _fix_fields(application)
        for field in type_.fields.values():
            for application in field.applied:
                if application.spec in ("requires", "provides"):
                    _fix_fields(application)
    subgraph.forget_usage()
    return frozenset(subgraph.usage.key_fields)


def _fix_fields(application: Application) -> None:
    value = application.arguments.get("fields")
    if isinstance(value, EnumLiteral):
        application.arguments["fields"] = value.name
    elif isinstance(value, list):
        parts = [item.name if isinstance(item, EnumLiteral) else item for item in value]
        if all(isinstance(part, str) for part in parts):
            application.arguments["fields"] = " ".join(str(part) for part in parts)


def _remove_misplaced(subgraph: Subgraph) -> None:
    """What had no effect in federation 1: external on object types, federation directives on interfaces, provides
    where nothing can be selected."""
    schema = subgraph.schema
    for type_ in schema.fields_types():
        is_interface = isinstance(type_, InterfaceType)
        if is_interface:
            type_.remove("key")
        else:
            type_.remove("external")
        for field in type_.fields.values():
            if is_interface:
                for spec in ("external", "requires", "provides"):
                    field.remove(spec)
            elif not isinstance(schema.types.get(named(field.type)), FieldsType | UnionType):
                field.remove("provides")


def _remove_external_from_extensions(subgraph: Subgraph, others: list[_Facts]) -> None:
    schema = subgraph.schema
    for type_ in schema.objects():
        is_root = type_.name in _ROOTS
        if type_.defined and not type_.has("extends") and not is_root:
            continue
        if is_root:
            for field in type_.fields.values():
                field.remove("external")
            continue
        for key in type_.all("key") or _keys_of_others(type_, others):
            try:
                selection_set = parse_field_set(key.text("fields"))
            except FieldSetSyntaxError:
                continue
            for field in selected_fields(schema, type_.name, selection_set):
                field.remove("external")


def _keys_of_others(type_: ObjectType, others: list[_Facts]) -> list[Application]:
    """An extension without keys is known by a key of the type's other subgraphs, whose fields it has."""
    for fact in others:
        for key in fact.keys.get(type_.name, ()):
            try:
                selections = parse_field_set(key.text("fields")).selections
            except FieldSetSyntaxError:
                continue
            names = [selection.name.value for selection in selections if isinstance(selection, FieldNode)]
            if len(names) == len(selections) and all(
                name in type_.fields and type_.fields[name].has("external") for name in names
            ):
                return [key]
    return []


def _define_extensions(subgraph: Subgraph) -> None:
    for type_ in subgraph.schema.fields_types():
        type_.defined = True
        type_.remove("extends")
        type_.applied = [replace(application, declaration=0) for application in type_.applied]
        for field in type_.fields.values():
            field.declaration = 0


def _remove_unused_external(subgraph: Subgraph) -> Iterator[CompositionError]:
    schema = subgraph.schema
    for type_ in list(schema.fields_types()):
        unused = [
            field.name
            for field in type_.fields.values()
            if subgraph.usage.is_external(field) and not subgraph.usage.is_used(field)
        ]
        for name in unused:
            del type_.fields[name]
        if unused and not type_.fields:
            if _is_referenced(subgraph, type_.name):
                yield CompositionError(
                    "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
                    f'[{subgraph.name}] Type "{type_.name}" has nothing but unused @external fields: remove it or'
                    " declare a field this subgraph resolves.",
                    (type_.name,),
                    (subgraph.name,),
                )
            else:
                del schema.types[type_.name]


def _is_referenced(subgraph: Subgraph, name: str) -> bool:
    for type_ in subgraph.schema.types.values():
        if isinstance(type_, UnionType) and name in type_.members:
            return True
        if isinstance(type_, FieldsType | InputObjectType) and any(
            named(member.type) == name for member in type_.fields.values()
        ):
            return True
    return False


def _add_shareable(subgraph: Subgraph, others: list[_Facts], key_fields: frozenset[str]) -> None:
    """What others resolve too: fields of entities and roots one by one, value types as a whole."""
    for type_ in subgraph.schema.objects():
        if type_.name == "Subscription":
            continue
        if type_.has("key") or type_.name in _ROOTS:
            for field in type_.fields.values():
                if field.coordinate in key_fields or subgraph.usage.is_external(field):
                    continue
                if any(field.coordinate in fact.resolved for fact in others):
                    field.applied.append(Application("shareable", {}, "shareable"))
        elif any(type_.name in fact.objects for fact in others):
            type_.applied.append(Application("shareable", {}, "shareable"))


def _remove_tags_from_external(subgraph: Subgraph) -> None:
    for _, field in subgraph.schema.composite_fields():
        if subgraph.usage.is_external(field):
            field.remove("tag")
            for argument in field.arguments.values():
                argument.remove("tag")
