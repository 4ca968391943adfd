"""Types in positions, kept as the text GraphQL writes them with: ``[Product!]!``."""

from __future__ import annotations

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode

__all__ = ["is_list", "is_non_null", "item", "named", "nullable", "type_text"]


def type_text(node: TypeNode) -> str:
    """The text of a type node."""
    if isinstance(node, NonNullTypeNode):
        return type_text(node.type) + "!"
    if isinstance(node, ListTypeNode):
        return f"[{type_text(node.type)}]"
    if isinstance(node, NamedTypeNode):
        return node.name.value
    raise TypeError(f"not a type: {node!r}")


def named(text: str) -> str:
    """The named type inside all wrappers."""
    return text.strip("[]!")


def is_non_null(text: str) -> bool:
    """Whether null is excluded."""
    return text.endswith("!")


def nullable(text: str) -> str:
    """The type without its outer ``!``."""
    return text.removesuffix("!")


def is_list(text: str) -> bool:
    """Whether the type is a list, null excluded or not."""
    return text.startswith("[")


def item(text: str) -> str:
    """The item type of a list type."""
    return nullable(text)[1:-1]
