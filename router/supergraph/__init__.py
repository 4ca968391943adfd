"""The supergraph as a model: who resolves which field, who can be entered by which key, what clients may see.

Read from supergraph SDL of the join specification (v0.1 to v0.5), whoever composed it. Modules in order of control
flow:

- ``links``: which specifications the document links, and under which names their elements stand in it
- ``read``: SDL to ``Supergraph``
- ``field_set``: the selections of ``@key``, ``@requires`` and ``@provides``
- ``implied_external``: what join v0.1 leaves unsaid
- ``contexts``: which types set a context, and what fields take from it
- ``authorization``: what a request must bring along to see a field
- ``api_schema``: the schema without everything clients must not see
- ``model``: the artifact itself
"""

from __future__ import annotations

from router.supergraph.api_schema import with_defer
from router.supergraph.authorization import Requirement
from router.supergraph.field_set import FieldSet, FieldSetField
from router.supergraph.model import ContextArgument, FieldJoin, JoinedField, JoinedType, Key, Supergraph, TypeJoin
from router.supergraph.read import SupergraphError, read_supergraph

__all__ = [
    "ContextArgument",
    "FieldJoin",
    "FieldSet",
    "FieldSetField",
    "JoinedField",
    "JoinedType",
    "Key",
    "Requirement",
    "Supergraph",
    "SupergraphError",
    "TypeJoin",
    "read_supergraph",
    "with_defer",
]
