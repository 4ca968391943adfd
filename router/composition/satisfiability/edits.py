"""Small changes to subgraphs, as sentences for people and as changes to the supergraph they would give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from graphql import print_ast

from router.supergraph import FieldJoin, JoinedType, Key, Supergraph, TypeJoin
from router.supergraph.field_set import parse_field_set

__all__ = ["Edit", "with_edits"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to one type in one subgraph: fields to add, a key to add, fields to mark ``@shareable``."""

    graph: str
    type_name: str
    fields: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    resolvable: bool = True
    shareable: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How much there is to write."""
        return len(self.fields) + bool(self.key) + len(self.shareable)

    def sentence(self, supergraph: Supergraph) -> str:
        """What to do, such as ``add @key(fields: "id") to type "Book" in subgraph "prices"``."""
        where = f'to type "{self.type_name}" in subgraph "{self.graph}"'
        marked = [name for name in self.shareable if name not in self.fields]
        added = [f'field "{self._definition(supergraph, name)}"' for name in self.fields]
        if self.key:
            resolvable = "" if self.resolvable else ", resolvable: false"
            added.append(f'@key(fields: "{" ".join(self.key)}"{resolvable})')
        sentences = [f"add {' and '.join(added)} {where}"] if added else []
        sentences += [f'mark field "{self.type_name}.{name}" @shareable in subgraph "{self.graph}"' for name in marked]
        return ", and ".join(sentences)

    def _definition(self, supergraph: Supergraph, name: str) -> str:
        field = supergraph.types[self.type_name].fields[name]
        return f"{name}: {print_ast(field.type)}" + (" @shareable" if name in self.shareable else "")


def with_edits(supergraph: Supergraph, edits: Iterable[Edit]) -> Supergraph:
    """The supergraph as it would be composed after the edits."""
    types = dict(supergraph.types)
    for edit in edits:
        types[edit.type_name] = _edited(supergraph, types[edit.type_name], edit)
    return replace(supergraph, types=types)


def _edited(supergraph: Supergraph, joined: JoinedType, edit: Edit) -> JoinedType:
    joins, fields = dict(joined.joins), dict(joined.fields)
    join = joins.get(edit.graph) or TypeJoin(edit.graph)
    if edit.key:
        key = Key(parse_field_set(supergraph.schema, joined.name, " ".join(edit.key)), edit.resolvable)
        join = replace(join, keys=(*join.keys, key))
    joins[edit.graph] = join
    for name in edit.fields:
        field = fields[name]
        fields[name] = replace(field, joins={**field.joins, edit.graph: FieldJoin(edit.graph, field.type)})
    return replace(joined, joins=joins, fields=fields)
