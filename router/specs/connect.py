"""The connect specification, as far as composition looks into it: where its directives stand and what they are given.

Mappings and templates inside the arguments are for the router that executes them, so they are plain scalars here.
"""

from __future__ import annotations

__all__ = ["CONNECT_DIRECTIVES", "CONNECT_SCALAR"]

CONNECT_SCALAR = "ConnectValue"
CONNECT_DIRECTIVES = {
    "connect": "directive @%s(source: String, id: String, http: {value}, batch: {value}, errors: {value},"
    " isSuccess: {value}, selection: {value}!, entity: Boolean = false) repeatable on FIELD_DEFINITION | OBJECT",
    "source": "directive @%s(name: String!, http: {value}!, errors: {value}, isSuccess: {value}) repeatable on SCHEMA",
}
"""SDL by canonical name; ``%s`` stands for the local name, ``{value}`` for the local name of ``CONNECT_SCALAR``."""
