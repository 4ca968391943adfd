"""The types of the supergraph before their members: kinds, ``@join__type``, implemented interfaces, union members."""

from __future__ import annotations

from router.composition.merge.context import MergeContext, Sources
from router.composition.schema import (
    Application,
    EnumType,
    FieldsType,
    InputObjectType,
    InterfaceType,
    NamedType,
    ObjectType,
    ScalarType,
    UnionType,
)
from router.specs.field_set import print_field_set

__all__ = ["add_types", "merge_implemented_interfaces", "merge_union_members"]

_CLASSES: dict[str, type[NamedType]] = {
    cls.kind: cls for cls in (ObjectType, InterfaceType, UnionType, EnumType, InputObjectType, ScalarType)
}


def add_types(context: MergeContext) -> None:
    """One empty type per name. Of a name with several kinds, which is TYPE_KIND_MISMATCH, only the first is merged.

    EXTENSION_WITH_NO_BASE for a type that is only extended, INTERFACE_OBJECT_USAGE_ERROR for an interface object of
    which no subgraph has the interface.
    """
    for name in context.type_names():
        sources = context.type_sources(name)
        kinds: dict[str, list[int]] = {}
        for index, source in sources.items():
            kinds.setdefault(_kind(source), []).append(index)
        interface_objects = kinds.pop("interface object", [])
        if interface_objects:
            if not kinds:
                context.error(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f'"{name}" is declared with @interfaceObject in {context.names(interface_objects)} but is an'
                    " interface in no subgraph: define the interface in one.",
                    name,
                )
                continue
            kinds["interface"] = sorted([*kinds.get("interface", []), *interface_objects])
        kind = min(kinds, key=lambda kind: kinds[kind])
        if len(kinds) > 1:
            _report_kinds(context, name, sources)
            context.ignore_sources(name, [index for index in sources if index not in kinds[kind]])
        _check_base(context, name, sources)
        dest = _CLASSES[kind](coordinate=name, name=name)
        dest.applied = _join_types(context, sources)
        context.supergraph.types[name] = dest


def _kind(source: NamedType) -> str:
    return "interface object" if source.has("interfaceObject") else source.kind


def _report_kinds(context: MergeContext, name: str, sources: Sources[NamedType]) -> None:
    kinds: dict[str, list[int]] = {}
    for index, source in sources.items():
        kinds.setdefault(source.kind, []).append(index)
    listed = ", ".join(f"{kind} in {context.names(indexes)}" for kind, indexes in kinds.items())
    context.error("TYPE_KIND_MISMATCH", f'"{name}" has different kinds: {listed}. Rename it in some.', name)


def _check_base(context: MergeContext, name: str, sources: Sources[NamedType]) -> None:
    """Someone must define a type that others extend."""
    if name in ("Query", "Mutation", "Subscription") or any(source.defined for source in sources.values()):
        return
    for index in sources:
        subgraph = context.subgraphs[index].name
        context.error(
            "EXTENSION_WITH_NO_BASE",
            f'[{subgraph}] Type "{name}" is extended but no subgraph defines it: drop "extend" in one of them.',
            name,
        )


def _join_types(context: MergeContext, sources: Sources[NamedType]) -> list[Application]:
    applications: list[Application] = []
    for index, source in sources.items():
        interface_object = True if source.has("interfaceObject") else None
        keys = source.all("key")
        for key in keys:
            extension = key.declaration > 0 or source.has("extends")
            applications.append(
                context.join(
                    "type",
                    graph=context.graphs[index],
                    key=print_field_set(key.text("fields")),
                    extension=True if extension else None,
                    resolvable=False if key.arguments.get("resolvable") is False else None,
                    isInterfaceObject=interface_object,
                )
            )
        if not keys:
            applications.append(context.join("type", graph=context.graphs[index], isInterfaceObject=interface_object))
    return applications


def merge_implemented_interfaces(context: MergeContext) -> None:
    """Every type implements what any subgraph says; also fills ``context.supertypes``."""
    for dest in context.supergraph.fields_types():
        joins = []
        for index, source in context.type_sources(dest.name).items():
            for interface in source.interfaces if isinstance(source, FieldsType) else ():
                if interface in context.supergraph.types:
                    joins.append(context.join("implements", graph=context.graphs[index], interface=interface))
                    if interface not in dest.interfaces:
                        dest.interfaces.append(interface)
        dest.applied = [*joins, *dest.applied]
        context.supertypes.setdefault(dest.name, set()).update(dest.interfaces)


def merge_union_members(context: MergeContext) -> None:
    """Every union has the members of any subgraph; also fills ``context.supertypes``."""
    for dest in context.supergraph.types.values():
        if not isinstance(dest, UnionType):
            continue
        sources = context.sources_of_kind(dest.name, UnionType)
        members = dict.fromkeys(member for source in sources.values() for member in source.members)
        for member in members:
            having = [index for index, source in sources.items() if member in source.members]
            dest.members.append(member)
            dest.applied += [
                context.join("unionMember", graph=context.graphs[index], member=member) for index in having
            ]
            context.supertypes.setdefault(member, set()).add(dest.name)
            among = list(sources)
            if len(having) < len(among):
                context.hint(
                    "INCONSISTENT_UNION_MEMBER",
                    f'Union "{dest.name}" has member "{member}" not everywhere:'
                    f" {context.with_and_without(having, among)}.",
                    dest.name,
                )
