"""The nodes of a query plan: plain immutable data, built by the planner, compiled by the executor.

Fetches write what a subgraph answers into one tree, the *merged data*. Its keys are *source keys*: the response keys
of the documents sent to subgraphs. A source key equals the client's response key unless the planner had to alias (a
client alias that shadows a key field, one field asked with two sets of arguments). ``ResponseField`` says how the
client's response is read back from the merged data, so no node ever rewrites an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from graphql import GraphQLOutputType, OperationType

__all__ = [
    "ITEMS",
    "Condition",
    "Conditions",
    "ContextSource",
    "ContextVariable",
    "Defer",
    "DeferUsage",
    "Deferred",
    "Delay",
    "EntityCall",
    "EntityFetch",
    "Fetch",
    "Items",
    "OnTypes",
    "Parallel",
    "Path",
    "PlanNode",
    "QueryPlan",
    "Representation",
    "RepresentationField",
    "RepresentationSelection",
    "ResponseField",
    "Sequence",
    "Subscription",
    "fetches",
]


@dataclass(frozen=True, slots=True)
class Items:
    """A path element: every item of the list that stands here (one per list level)."""


ITEMS = Items()


@dataclass(frozen=True, slots=True)
class OnTypes:
    """A path element: go on only for objects whose ``__typename`` is one of ``types``."""

    types: frozenset[str]


Path = tuple[str | Items | OnTypes, ...]
"""From the root of the merged data: source keys, ``ITEMS`` for each list level, ``OnTypes`` where types part."""

Conditions = tuple[tuple[tuple[str, bool], ...], ...]
"""When something is included: any of these alternatives holds; an alternative holds when every ``(variable, value)``
in it does. ``()`` means always. It is the disjunctive form of nested ``@include`` and ``@skip``."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for root fields; the answer's ``data`` is merged at the root."""

    service: str
    operation_type: OperationType
    document: str
    variables: tuple[str, ...]
    """The client's variables that ``document`` declares, sorted. Only those the client gave a value are sent."""


@dataclass(frozen=True, slots=True)
class RepresentationField:
    """One field of a representation: sent as ``name``, read from the merged data under ``source_key``."""

    name: str
    source_key: str
    is_key: bool
    """Of a key: when it is null or missing the entity is not sent. Of ``@requires``: null is sent, missing is not."""
    selections: tuple[RepresentationSelection, ...] = ()
    """For objects and lists of objects, at any list depth; empty for leaves."""


@dataclass(frozen=True, slots=True)
class RepresentationSelection:
    """Fields to copy when the object's ``__typename`` is in ``types``; ``None``: whatever it is, without looking."""

    types: frozenset[str] | None
    fields: tuple[RepresentationField, ...]


@dataclass(frozen=True, slots=True)
class Representation:
    """How the representation of an entity is built. The first of a call whose ``types`` match an object is used."""

    types: frozenset[str] | None
    typename: str | None
    """The ``__typename`` to send; ``None``: the object's own. A name is given for interface objects."""
    fields: tuple[RepresentationField, ...]


@dataclass(frozen=True, slots=True)
class ContextSource:
    """An object above an entity that may set a context for it."""

    up: int
    """How many elements the entity's path has more than the object's."""
    selections: tuple[RepresentationSelection, ...]
    """For objects that set the context: the one leaf that is its value. Other objects set none."""


@dataclass(frozen=True, slots=True)
class ContextVariable:
    """A variable of an entity call's document whose value depends on what is above the entity."""

    name: str
    type: str
    sources: tuple[ContextSource, ...]
    """Nearest first: the first that sets the context gives the value."""
    include: Conditions = ()
    """When it does not hold, null is sent: no field that uses the value is included."""


@dataclass(frozen=True, slots=True)
class EntityCall:
    """One ``_entities`` field of a request. Equal representations of all ``targets`` are sent once."""

    response_key: str
    """``_entities``, or its alias when the request has several calls."""
    representations_variable: str
    targets: tuple[Path, ...]
    """Where the entities stand in the merged data; each answered object is merged into the object(s) it came from."""
    representations: tuple[Representation, ...]
    include: Conditions = ()
    """When it does not hold, the call is sent no representation."""
    contexts: tuple[ContextVariable, ...] = ()
    """Entities with different values of these are asked for by a call of their own, under other variables and another
    response key."""


@dataclass(frozen=True, slots=True)
class EntityFetch:
    """One request with one or more ``_entities`` calls (same-round calls to one subgraph share a request).

    It is not sent when no call has a representation.
    """

    service: str
    document: str
    variables: tuple[str, ...]
    calls: tuple[EntityCall, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes run one after another: a later one may read what an earlier one merged."""

    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Nodes run side by side; none reads what another merges."""

    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """``node`` runs only when ``include`` holds."""

    include: Conditions
    node: PlanNode


@dataclass(frozen=True, slots=True)
class Subscription:
    """``primary`` opens the event stream; ``rest`` completes the data of each event."""

    primary: Fetch
    rest: PlanNode | None


PlanNode = Fetch | EntityFetch | Sequence | Parallel | Condition | Subscription


@dataclass(frozen=True, slots=True)
class ResponseField:
    """One field of the client's response.

    Entries stand in the order of the response. Two entries of one object may share a response key when their
    ``types`` are disjoint.
    """

    response_key: str
    source_key: str
    field_name: str
    parent_type: str
    type: GraphQLOutputType
    """The field's type in the API schema: what null propagation and leaf completion go by."""
    types: frozenset[str] | None = None
    """Object types (runtime ``__typename``) for which the field is selected; ``None``: all."""
    include: Conditions = ()
    selections: tuple[ResponseField, ...] = ()
    origin: Literal["data", "typename", "introspection", "unauthorized"] = "data"
    """``typename``: the object's runtime type. ``introspection``: answered from the API schema.
    ``unauthorized``: never fetched, completes to null with the error ``UNAUTHORIZED_FIELD_OR_TYPE``."""
    delays: tuple[Delay, ...] = ()
    """In the response of a ``Defer``: how the field is selected. ``()``: as what is around it."""
    part: int = 0
    """In the response of a ``Defer``: the part that fetches it, 0 for the primary part."""


@dataclass(frozen=True, slots=True)
class DeferUsage:
    """One ``@defer`` where it applies. The same directive in a fragment spread at two places is two of these."""

    label: str | None
    path: tuple[str, ...]
    """Response keys from the root to the objects whose fields it delays."""
    parent: int | None
    """Index of the usage it is nested in."""
    variable: str | None
    """Of ``if: $variable``: while it is false, the fields are delayed no more than what is around the fragment."""


Delay = tuple[Conditions, int | None]
"""One way a field is selected: when it is, and the usage it is delayed by; ``None``: by none."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A part of a plan that fetches what the same usages delay."""

    depends: tuple[int, ...]
    """The fetches it reads from in earlier parts, by their number in the printed plan."""
    usages: tuple[int, ...]
    parent: int
    """The part that fetches the objects it goes on from: 0 for the primary part, else 1 + index."""
    node: PlanNode | None
    """``None`` when all it delivers is fetched by its parents: objects without a key cannot be entered again."""


@dataclass(frozen=True, slots=True)
class Defer:
    """How an operation with ``@defer`` is answered bit by bit. Parts run side by side, each as soon as it can."""

    primary: PlanNode | None
    deferred: tuple[Deferred, ...]
    """In an order in which a part stands behind its parent."""
    usages: tuple[DeferUsage, ...]
    response: tuple[ResponseField, ...]


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How one operation is answered. Immutable and free of request data, so it may be cached and shared."""

    operation_type: OperationType
    operation_name: str | None
    root_type: str
    """Name of the operation's root type in the API schema."""
    node: PlanNode | None
    """Answers everything at once. ``None`` when nothing has to be fetched."""
    response: tuple[ResponseField, ...]
    introspection: str | None = None
    """The operation reduced to ``__schema`` and ``__type``, for graphql-core to execute on the API schema."""
    defer: Defer | None = None
    """The other way to answer an operation with ``@defer``, for clients that read incremental delivery."""


def fetches(node: PlanNode | None) -> Iterator[Fetch | EntityFetch]:
    """Every fetch of a plan in the order it is printed; its length is the plan's price in requests."""
    match node:
        case None:
            return
        case Fetch() | EntityFetch():
            yield node
        case Sequence(nodes) | Parallel(nodes):
            for child in nodes:
                yield from fetches(child)
        case Condition(node=child):
            yield from fetches(child)
        case Subscription(primary, rest):
            yield primary
            yield from fetches(rest)
