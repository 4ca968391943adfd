"""``@key``: readable fields without arguments or abstract types; on interfaces from federation 2.3."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.schema import Application, InterfaceType, ObjectType
from router.composition.subgraph.rules.field_set import FieldSetRule
from router.composition.subgraph.subgraph import Subgraph
from router.specs.feature import FeatureVersion
from router.specs.field_set import FieldSetSyntaxError, canonical_field_set

__all__ = ["interface_keys_on_implementations", "key_fields"]

_KEYS_ON_INTERFACES = FeatureVersion(2, 3)


def key_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """Every key selects plain fields of its type (``FieldSetRule``); KEY_UNSUPPORTED_ON_INTERFACE before 2.3."""
    rule = FieldSetRule(subgraph, "key", only_plain_types=True)
    for type_ in subgraph.schema.fields_types():
        for key in type_.all("key"):
            if isinstance(type_, InterfaceType) and subgraph.version < _KEYS_ON_INTERFACES:
                yield CompositionError(
                    "KEY_UNSUPPORTED_ON_INTERFACE",
                    f'Interface "{type_.name}" cannot have a @key: link federation {_KEYS_ON_INTERFACES} or later.',
                    (type_.name,),
                )
            else:
                yield from rule.check(key, type_.name, f'type "{type_.name}"')


def interface_keys_on_implementations(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INTERFACE_KEY_NOT_ON_IMPLEMENTATION: a key of an interface is a key of all its implementations, resolvable where
    it is resolvable."""
    for interface in subgraph.schema.interfaces():
        for key in interface.all("key"):
            lacking, unresolvable = [], []
            for name in subgraph.schema.possible_types(interface.name):
                same = _same_key(subgraph.schema.types[name], key)
                if same is None:
                    lacking.append(name)
                elif key.arguments.get("resolvable") is not False and same.arguments.get("resolvable") is False:
                    unresolvable.append(name)
            for names, problem, remedy in (
                (lacking, "is missing on", "add it there"),
                (unresolvable, "must be resolvable on", "drop resolvable: false there"),
            ):
                if names:
                    listed = ", ".join(f'"{name}"' for name in names)
                    yield CompositionError(
                        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                        f'Key {key} of interface "{interface.name}" {problem} implementation {listed}: {remedy}.',
                        (interface.name,),
                    )


def _same_key(type_: object, key: Application) -> Application | None:
    if not isinstance(type_, ObjectType):
        return None
    try:
        wanted = canonical_field_set(key.text("fields"))
        return next((own for own in type_.all("key") if canonical_field_set(own.text("fields")) == wanted), None)
    except FieldSetSyntaxError:
        return None
