"""Compact printing of values and the variables in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    ArgumentNode,
    DirectiveLocation,
    DirectiveNode,
    FieldNode,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
)

__all__ = [
    "mentioned_variables",
    "print_arguments",
    "print_directives",
    "print_value",
    "print_variable_definition",
    "rename_variables",
    "value_variables",
]

_OWN_DIRECTIVES = frozenset(("skip", "include", "defer"))
"""What the router does itself."""
_STRING_OR_VARIABLE = re.compile(r'"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\])*"|\$(\w+)', re.DOTALL)


def mentioned_variables(text: str) -> frozenset[str]:
    """Names of the variables in printed GraphQL; a dollar sign inside a string is none."""
    return frozenset(match[1] for match in _STRING_OR_VARIABLE.finditer(text) if match[1])


def rename_variables(text: str, names: Mapping[str, str]) -> str:
    """Printed GraphQL with other names for some of its variables."""

    def renamed(match: re.Match[str]) -> str:
        return f"${names[match[1]]}" if match[1] in names else match[0]

    return _STRING_OR_VARIABLE.sub(renamed, text) if names else text


def print_arguments(node: FieldNode | DirectiveNode) -> str:
    """The arguments in parentheses, sorted by name, or nothing."""
    arguments = sorted(node.arguments or (), key=_argument_name)
    if not arguments:
        return ""
    return "(" + ",".join(f"{argument.name.value}:{print_value(argument.value)}" for argument in arguments) + ")"


def print_directives(
    schema: GraphQLSchema,
    nodes: Iterable[FieldNode | OperationDefinitionNode],
    location: DirectiveLocation = DirectiveLocation.FIELD,
) -> str:
    """The directives on nodes that are answered as one, as far as subgraphs know them there, in the document's order.

    Every subgraph defines the executable directives of a supergraph, in all of their locations. Of one that may not be
    repeated, the first counts.
    """
    found: list[DirectiveNode] = []
    for node in nodes:
        for directive in node.directives or ():
            name = directive.name.value
            defined = None if name in _OWN_DIRECTIVES else schema.get_directive(name)
            if defined is None or location not in defined.locations:
                continue
            if defined.is_repeatable or all(name != known.name.value for known in found):
                found.append(directive)
    return "".join(f"@{directive.name.value}{print_arguments(directive)}" for directive in found)


def print_value(node: ValueNode) -> str:
    """A value literal without needless blanks."""
    match node:
        case VariableNode():
            return f"${node.name.value}"
        case ListValueNode():
            return "[" + ",".join(print_value(item) for item in node.values) + "]"
        case ObjectValueNode():
            return "{" + ",".join(f"{field.name.value}:{print_value(field.value)}" for field in node.fields) + "}"
        case _:
            return print_ast(node)


def print_variable_definition(node: VariableDefinitionNode) -> str:
    """``$name:Type=default``. The default is declared so that an absent variable has the same value everywhere."""
    text = f"${node.variable.name.value}:{print_ast(node.type)}"
    return text if node.default_value is None else f"{text}={print_value(node.default_value)}"


def value_variables(node: ValueNode) -> Iterator[str]:
    """Names of the variables in a value, at any depth."""
    match node:
        case VariableNode():
            yield node.name.value
        case ListValueNode():
            for item in node.values:
                yield from value_variables(item)
        case ObjectValueNode():
            for field in node.fields:
                yield from value_variables(field.value)


def _argument_name(node: ArgumentNode) -> str:
    return node.name.value
