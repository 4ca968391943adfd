"""Each subgraph exports the schema it promised: types, fields, arguments, defaults, directives (tests/contracts)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from graphql import DirectiveNode, Node, parse, print_ast
from graphql.language import ast

from ops.rooms import ROOMS

CONTRACTS = Path(__file__).parents[1] / "contracts"
# Federation adds these to a subgraph; Strawberry prints the ones it uses.
_MACHINERY = {"_Any", "_Entity", "_Service", "FieldSet"}


def facts(sdl: str) -> set[str]:
    """The schema as independent statements, without descriptions and order."""
    return {fact for definition in parse(sdl).definitions for fact in _definition(definition)}


def _definition(node: Any) -> Iterator[str]:
    if isinstance(node, ast.SchemaDefinitionNode | ast.SchemaExtensionNode | ast.DirectiveDefinitionNode):
        return
    name = node.name.value
    if name in _MACHINERY:
        return
    kind = node.kind.replace("_extension", "").replace("_definition", "")
    yield f"{kind} {name}"
    yield from _directives(name, node)
    for interface in getattr(node, "interfaces", None) or ():
        yield f"{name} implements {interface.name.value}"
    for member in getattr(node, "types", None) or ():
        yield f"{name} has member {member.name.value}"
    for value in getattr(node, "values", None) or ():
        yield f"{name}.{value.name.value}"
        yield from _directives(f"{name}.{value.name.value}", value)
    for field in getattr(node, "fields", None) or ():
        if not field.name.value.startswith("_"):
            yield from _field(f"{name}.{field.name.value}", field)


def _field(at: str, field: Any) -> Iterator[str]:
    default = getattr(field, "default_value", None)
    yield f"{at}: {print_ast(field.type)}" + (f" = {print_ast(default)}" if default else "")
    yield from _directives(at, field)
    for argument in getattr(field, "arguments", None) or ():
        yield from _field(f"{at}({argument.name.value})", argument)


def _directives(at: str, node: Node) -> Iterator[str]:
    for directive in getattr(node, "directives", None) or ():
        yield f"{at} {_normal(directive)}"


def _normal(directive: DirectiveNode) -> str:
    arguments = sorted(f"{each.name.value}: {_value(each)}" for each in directive.arguments or ())
    return f"@{directive.name.value}({', '.join(arguments)})"


def _value(argument: ast.ArgumentNode | ast.ConstArgumentNode) -> str:
    text = print_ast(argument.value)
    if argument.name.value == "fields":
        return " ".join(text.strip('"').replace("{", " { ").replace("}", " } ").split())
    return text


@pytest.mark.parametrize("room", ROOMS)
def test_the_exported_schema_is_the_promised_one(room: str) -> None:
    promised = facts((CONTRACTS / f"{room}.graphql").read_text())
    exported = facts(import_module(f"subgraphs.{room}.api").schema.as_str())
    assert {"missing": sorted(promised - exported), "unpromised": sorted(exported - promised)} == {
        "missing": [],
        "unpromised": [],
    }


@pytest.mark.parametrize("room", ROOMS)
def test_everything_a_client_can_see_is_described(room: str) -> None:
    document = parse(import_module(f"subgraphs.{room}.api").schema.as_str())
    assert sorted(_undescribed(document.definitions)) == []


def _undescribed(definitions: Any) -> Iterator[str]:
    for node in definitions:
        if isinstance(node, ast.SchemaDefinitionNode | ast.SchemaExtensionNode | ast.DirectiveDefinitionNode):
            continue
        name = node.name.value
        if name in _MACHINERY or name in ("Query", "Mutation", "Subscription"):
            parts = node.fields
        else:
            parts = getattr(node, "fields", None) or ()
            if node.description is None:
                yield name
        for part in parts:
            if part.description is None and not part.name.value.startswith("_"):
                yield f"{name}.{part.name.value}"
