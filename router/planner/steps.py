"""What is built: positions of the merged data, and the fetch steps that fill them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from router.planner.conditions import both, either, implies
from router.planner.deferring import Block
from router.planner.names import Names
from router.planner.operation import Field, Signature
from router.planner.selection import SelectedField, SelectionSet
from router.query_plan.nodes import Conditions, Path
from router.supergraph import FieldSet

__all__ = [
    "Entry",
    "Inherited",
    "Part",
    "Position",
    "Setter",
    "Shape",
    "Source",
    "Step",
    "add_shape",
    "closure",
    "depends_on",
    "fits_shape",
]


@dataclass(eq=False, slots=True)
class Shape:
    """A field of a representation: its arguments and what is below it."""

    arguments: str
    below: dict[str, Shape] = dataclasses.field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Entry:
    """How a step builds the representation of objects of one type."""

    typename: str | None
    """What to send as ``__typename``; ``None``: the object's own."""
    keys: tuple[Field, ...]
    required: list[Field] = dataclasses.field(default_factory=list)
    shape: dict[str, Shape] = dataclasses.field(default_factory=dict)
    """Field name to its arguments and sub-shape: a representation has room for one value per name."""
    include: Conditions | None = None
    """When anything of the type's objects is wanted; ``None``: nothing was asked for yet."""


@dataclass(frozen=True, slots=True)
class Setter:
    """A position above where objects of some types set a context."""

    position: Position
    values: tuple[tuple[frozenset[str], tuple[Field, ...]], ...]
    """Object types and what is read of them."""


@dataclass(eq=False, slots=True)
class Inherited:
    """A variable of an entity step that is filled from the objects above; the nearest setter comes first."""

    name: str
    type: str
    setters: tuple[Setter, ...]
    include: Conditions | None = None
    """When a field that uses it is wanted."""

    def widen(self, include: Conditions) -> None:
        """It is wanted also when ``include`` holds."""
        self.include = include if self.include is None else either(self.include, include)


@dataclass(eq=False, slots=True)
class Step:
    """One fetch being built: root fields, or the entities at a position."""

    number: int
    graph: str
    position: Position
    selection: SelectionSet
    block: Block
    entries: dict[str, Entry] = dataclasses.field(default_factory=dict)
    """Object type (or interface, for objects of unknown type) to its representation. Empty: a fetch of root fields."""
    after: set[Step] = dataclasses.field(default_factory=set)
    inherited: dict[object, Inherited] = dataclasses.field(default_factory=dict)

    @property
    def is_entity(self) -> bool:
        """Whether it enters its subgraph by representations."""
        return bool(self.entries)


@dataclass(eq=False, slots=True)
class Source:
    """One subgraph's hold on the objects of a position: where more of their fields can be selected."""

    graph: str
    step: Step
    selection: SelectionSet
    type: str
    """Their type in the subgraph's schema."""
    types: frozenset[str]
    """Object types for which the objects are held; for unknown types also the interface."""
    provided: FieldSet = ()
    base: str | None = None
    """In an entity selection: the type condition for fields of all its objects."""
    opaque: bool = False
    """The subgraph sees an interface object and does not know the real types."""


@dataclass(eq=False, slots=True)
class Part:
    """A field placed for some of the types of a position."""

    key: str
    types: frozenset[str]
    source: Source
    selected: SelectedField
    below: Position | None
    required: tuple[Field, ...] = ()
    """What its ``@requires`` demands."""
    inherited: tuple[Inherited, ...] = ()
    """What its arguments take from objects above."""


@dataclass(eq=False, slots=True)
class Position:
    """A place in the merged data: the objects under one path."""

    type: str
    """Their type in the supergraph."""
    possible: frozenset[str]
    """The object types they can have."""
    path: Path
    names: Names
    parent: Position | None = None
    field: Field | None = None
    key: str = ""
    parent_types: frozenset[str] = frozenset()
    """The types of the parent's objects whose field this is."""
    include: Conditions = ()
    pinned: bool = False
    """The field above must not be asked a second time (mutations and subscriptions)."""
    shared: bool = False
    """One field of a document brings its objects for several types, each under conditions of its own."""
    sources: list[Source] = dataclasses.field(default_factory=list)
    parts: dict[tuple[Signature, str], dict[str, list[Part]]] = dataclasses.field(default_factory=dict)
    """Signature and object type to wanted response key to where the field was placed."""
    below: dict[tuple[str, frozenset[str]], Position] = dataclasses.field(default_factory=dict)
    delivered_by: list[SelectedField] = dataclasses.field(default_factory=list)
    """The fields of documents whose objects these are. They may be selected for other types' sake, too."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        keys = [part for part in self.path if isinstance(part, str)]
        return ".".join(keys) or "the root"

    def visible(self, block: Block) -> list[Source]:
        """The sources a block may read from."""
        return [source for source in self.sources if source.step.block in block.seen]

    def is_opaque(self, block: Block) -> bool:
        """Whether the real types of its objects are not known from any source the block may read from."""
        sources = self.visible(block)
        return bool(sources) and all(source.opaque for source in sources)

    def wanted(self, include: Conditions) -> Conditions:
        """When a field here that is selected under ``include`` is wanted.

        Usually that is all: without its object nothing is there to ask a field of. But a document that does not tell
        types apart brings the objects of all when they are wanted of some. O(depth x fields that deliver the objects).
        """
        position: Position | None = self
        while position is not None and position.delivered_by:
            delivered = functools.reduce(either, (field.include for field in position.delivered_by))
            if not implies(delivered, position.include):
                narrower = both(include, position.include)
                include = include if narrower is None else narrower
            position = position.parent
        return include

    def placed(self, wanted: Field, type_name: str, block: Block) -> Part | None:
        """Where a block may read a field of a type. What the planner wants is read from any alias, the client's only
        from its own."""
        by_key = self.parts.get((wanted.signature, type_name))
        if by_key is None:
            return None
        for parts in by_key.values() if wanted.internal else (by_key.get(wanted.response_key, ()),):
            for part in parts:
                if part.source.step.block in block.seen:
                    return part
        return None


def depends_on(steps: Iterable[Step], target: Step) -> bool:
    """Whether any of ``steps`` is ``target`` or runs after it. O(all they run after)."""
    return any(step is target for step in closure(steps))


def closure(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps and all they run after, each once."""
    seen: set[Step] = set()
    pending = list(steps)
    while pending:
        step = pending.pop()
        if step not in seen:
            seen.add(step)
            yield step
            pending.extend(step.after)


def fits_shape(shape: dict[str, Shape], wanted: Field) -> bool:
    """Whether a representation has room for a field: no other arguments may fill its name."""
    known = shape.get(wanted.name)
    if known is None:
        return True
    return known.arguments == wanted.arguments and all(fits_shape(known.below, below) for below in wanted.selections)


def add_shape(shape: dict[str, Shape], wanted: Field) -> None:
    """Give a field its room in a representation."""
    known = shape.setdefault(wanted.name, Shape(wanted.arguments))
    for below in wanted.selections:
        add_shape(known.below, below)
