"""Every behaviour that a Federation router must have is tested in a file of its name."""

from __future__ import annotations

from pathlib import Path

from tests.listed_files import names_without_file

BEHAVIOURS = """
    abstract-types child-type-mismatch circular-reference-interface complex-entity-call corrupted-supergraph-node-id
    enum-intersection fed1-external-extends fed1-external-extends-resolvable fed1-external-extension
    fed2-external-extends fed2-external-extension include-skip input-object-intersection
    interface-object-indirect-extension interface-object-with-requires keys-mashup mutations mysterious-external
    nested-provides node non-resolvable-interface-object null-keys override-type-interface override-with-requires
    parent-entity-call parent-entity-call-complex partial-union partial-union-complex provides-on-interface
    provides-on-union requires-circular requires-interface requires-requires requires-with-argument
    requires-with-argument-conflict requires-with-fragments shared-root simple-entity-call simple-inaccessible
    simple-interface-object simple-override simple-requires-provides typename unavailable-override
    union-interface-distributed union-intersection
"""


def test_each_has_a_file() -> None:
    assert names_without_file(Path(__file__).parent, BEHAVIOURS.split()) == []
