"""EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE. Only who resolves a field requires for it or provides with it."""

from __future__ import annotations

import pytest

from tests.router.composition.harness import rejected, supergraph

OWNER = 'type T @key(fields: "id") { id: ID! x: U y: Int } type U @shareable { w: Int }'


@pytest.mark.parametrize("directive", ['@requires(fields: "y")', '@provides(fields: "w")'])
def test_beside_external(directive: str) -> None:
    error = rejected(
        "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
        books=f"""
        type Query {{ t: T }}
        type T @key(fields: "id") {{
          id: ID! y: Int @external x: U @external {directive} z: Int @requires(fields: "y x {{ w }}")
        }}
        type U {{ w: Int @external }}
        """,
        music=OWNER,
    )
    assert "[books]" in error.message
    assert '"T.x"' in error.message
    assert directive.partition("(")[0] in error.message


def test_shareable_may_stand_beside() -> None:
    sdl = supergraph(
        books="""
        type Query { t: T @provides(fields: "y") }
        type T @key(fields: "id") { id: ID! y: Int @external @shareable }
        """,
        music=OWNER.replace("y: Int", "y: Int @shareable"),
    )
    assert "external: true" in sdl
