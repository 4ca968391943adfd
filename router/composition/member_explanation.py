"""Which subgraph has which value of an enum, field of an input type or member of a union, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from router.composition.merge.context import subgraph_names
from router.composition.schema import EnumType, InputObjectType, NamedType, UnionType
from router.composition.subgraph.read import read_subgraph
from router.composition.subgraph.subgraph import Subgraph, SubgraphSource
from router.supergraph import Supergraph

__all__ = ["MEMBER_TYPES", "MemberExplanation", "MembersExplanation", "explain_members", "print_members"]

MEMBER_TYPES = (GraphQLEnumType, GraphQLInputObjectType, GraphQLUnionType)
_KINDS = {GraphQLEnumType: "enum", GraphQLInputObjectType: "input", GraphQLUnionType: "union"}


@dataclass(frozen=True, slots=True)
class MemberExplanation:
    """``subgraphs`` have it, ``lacking`` have the type without it. ``reason`` says why it is kept or left out."""

    name: str
    type: str
    in_supergraph: bool
    in_api: bool
    subgraphs: tuple[str, ...]
    lacking: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class MembersExplanation:
    """An enum, input type or union. ``input_uses`` and ``output_uses`` are where an enum stands in the supergraph."""

    name: str
    kind: str
    in_api: bool
    subgraphs: tuple[str, ...]
    input_uses: tuple[str, ...]
    output_uses: tuple[str, ...]
    members: tuple[MemberExplanation, ...]


def explain_members(
    supergraph: Supergraph, sources: Sequence[SubgraphSource], type_name: str, member: str = ""
) -> MembersExplanation | None:
    """Explain a type of ``MEMBER_TYPES``, or one member of it; None if no subgraph has the member.

    Reads all ``sources`` again (``read_subgraph``), and of an enum looks through all fields and arguments.
    """
    merged = supergraph.schema.type_map[type_name]
    types = {source.name: _type(source, type_name) for source in sorted(sources, key=lambda source: source.name)}
    having = {name: members for name, type_ in types.items() if (members := _members(type_)) is not None}
    visible = supergraph.api_schema.type_map.get(type_name)
    inputs, outputs = _uses(supergraph.schema, type_name) if isinstance(merged, GraphQLEnumType) else ((), ())
    kept, shown = _names(merged), _names(visible)
    names = [*kept, *sorted({name for members in having.values() for name in members} - set(kept))]
    found = tuple(
        _member(name, having, merged, kept=name in kept, shown=name in shown, inputs=inputs, outputs=outputs)
        for name in names
        if member in ("", name)
    )
    if not found:
        return None
    kind = _KINDS[type(merged)]
    return MembersExplanation(type_name, kind, visible is not None, tuple(having), inputs, outputs, found)


def print_members(explanation: MembersExplanation) -> str:
    """The explanation as text: the type's subgraphs and uses, then each member with its subgraphs."""
    lines = [f"{explanation.kind} {explanation.name}" + ("" if explanation.in_api else "   (@inaccessible)")]
    lines += [f"  in {name}" for name in explanation.subgraphs]
    lines += [f"  taken by {use}" for use in explanation.input_uses]
    lines += [f"  returned by {use}" for use in explanation.output_uses]
    for member in explanation.members:
        hidden = "   (@inaccessible)" if member.in_supergraph and not member.in_api else ""
        state = hidden if member.in_supergraph else "   (left out)"
        lines += ["", f"  {member.name}{': ' + member.type if member.type else ''}{state}"]
        lines.append(f"    in {subgraph_names(member.subgraphs)}")
        if member.lacking:
            lines.append(f"    not in {subgraph_names(member.lacking)}")
        lines.append(f"    {member.reason}")
    return "\n".join(lines) + "\n"


def _type(source: SubgraphSource, name: str) -> NamedType | None:
    subgraph = read_subgraph(source)
    return subgraph.schema.types.get(name) if isinstance(subgraph, Subgraph) else None


def _members(type_: NamedType | None) -> dict[str, str] | None:
    """Names to types, of members that have one."""
    match type_:
        case EnumType():
            return dict.fromkeys(type_.values, "")
        case UnionType():
            return dict.fromkeys(type_.members, "")
        case InputObjectType():
            return {field.name: field.type for field in type_.fields.values()}
    return None


def _names(type_: object) -> list[str]:
    match type_:
        case GraphQLEnumType():
            return list(type_.values)
        case GraphQLInputObjectType():
            return list(type_.fields)
        case GraphQLUnionType():
            return [member.name for member in type_.types]
    return []


def _member(
    name: str,
    having: dict[str, dict[str, str]],
    merged: object,
    *,
    kept: bool,
    shown: bool,
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> MemberExplanation:
    inside = tuple(subgraph for subgraph, members in having.items() if name in members)
    lacking = tuple(subgraph for subgraph in having if subgraph not in inside)
    if isinstance(merged, GraphQLInputObjectType) and kept:
        type_ = str(merged.fields[name].type)
    else:
        type_ = having[inside[0]][name]
    if not lacking:
        reason = "every subgraph of the type has it"
    elif kept and not shown and not isinstance(merged, GraphQLUnionType):
        reason = "hidden from clients, so subgraphs may differ"
    else:
        reason = _rule(merged, inputs, outputs)
    return MemberExplanation(name, type_, kept, shown, inside, lacking, reason)


def _rule(merged: object, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """By which rule a member that only some subgraphs have is kept or left out."""
    if isinstance(merged, GraphQLUnionType):
        return "a union has the members of any subgraph"
    if isinstance(merged, GraphQLInputObjectType):
        return "an input type has only the fields that every subgraph of it takes"
    if inputs:
        return "an enum that clients send has only the values that every subgraph of it takes"
    used = "an enum that subgraphs return" if outputs else "an enum that nothing uses"
    return f"{used} has the values of any subgraph"


def _uses(schema: GraphQLSchema, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    inputs: list[str] = []
    outputs: list[str] = []
    for coordinate, type_name, is_input in _positions(schema):
        if type_name == name:
            (inputs if is_input else outputs).append(coordinate)
    return tuple(inputs), tuple(outputs)


def _positions(schema: GraphQLSchema) -> Iterator[tuple[str, str, bool]]:
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", get_named_type(field.type).name, False
                yield from _arguments(f"{type_.name}.{name}", field.args.items())
        elif isinstance(type_, GraphQLInputObjectType):
            for name, entry in type_.fields.items():
                yield f"{type_.name}.{name}", get_named_type(entry.type).name, True
    for directive in schema.directives:
        yield from _arguments(f"@{directive.name}", directive.args.items())


def _arguments(coordinate: str, arguments: Iterable[tuple[str, GraphQLArgument]]) -> Iterator[tuple[str, str, bool]]:
    for name, argument in arguments:
        yield f"{coordinate}({name}:)", get_named_type(argument.type).name, True
