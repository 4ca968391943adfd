"""What a satisfiability error proposes is enough: done as it says, the subgraphs compose."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from router.composition import CompositionResult, SubgraphSource, compose
from tests.router.composition.harness import FEDERATION, rejected

_SENTENCE = re.compile(
    r'add (?:field "(?P<field>\w+): (?P<type>[^" ]+)(?P<mark> @shareable)?")?'
    r'(?P<more>(?: and field "\w+: [^" ]+(?: @shareable)?")*)(?: and )?'
    r'(?:@key\(fields: "(?P<key>[^"]+)"(?P<unresolvable>, resolvable: false)?\))?'
    r' to type "(?P<parent>\w+)" in subgraph "(?P<graph>\w+)"'
    r'|mark field "(?P<shared_parent>\w+)\.(?P<shared>\w+)" @shareable in subgraph "(?P<shared_graph>\w+)"'
)
_LEAVES = {"id": "ID!", "code": "ID!", "n": "Int", "m": "String!"}
_TYPES = ("T", "U")


@dataclass
class Model:
    """Subgraphs as data: by subgraph and type, the keys and the fields with their types and marks."""

    keys: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    fields: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def compose(self) -> CompositionResult:
        return compose(
            [SubgraphSource(graph, "", self.sdl(graph)) for graph in sorted({graph for graph, _ in self.fields})]
        )

    def sdl(self, graph: str) -> str:
        types = [
            f"type {name} {' '.join(f'@key({key})' for key in self.keys[owner, name])} {{\n"
            + "\n".join(f"  {name}: {text}" for name, text in fields.items())
            + "\n}"
            for (owner, name), fields in self.fields.items()
            if owner == graph
        ]
        return "\n".join([FEDERATION, *types])

    def apply(self, message: str) -> int:
        """Do what the message says; the number of changes."""
        done = 0
        for found in _SENTENCE.finditer(message.partition("The shortest missing link:")[2]):
            done += 1
            if found["shared"]:
                fields = self.fields[found["shared_graph"], found["shared_parent"]]
                fields[found["shared"]] += " @shareable"
                continue
            place = (found["graph"], found["parent"])
            added = re.findall(r'field "(\w+): ([^"]+)"', found[0])
            assert added or found["key"], found[0]
            for name, text in added:
                assert name not in self.fields[place], message
                self.fields[place][name] = text
            if found["key"]:
                self.keys[place].append(f'fields: "{found["key"]}"{found["unresolvable"] or ""}')
        return done


@st.composite
def _models(draw: st.DrawFn) -> Model:
    model = Model()
    for graph in draw(st.sampled_from(["ab", "abc"])):
        for name in _TYPES:
            leaves = draw(st.lists(st.sampled_from(sorted(_LEAVES)), min_size=1, max_size=3, unique=True))
            fields = {leaf: _LEAVES[leaf] for leaf in leaves}
            if draw(st.booleans()):
                fields["next"] = _TYPES[name == "T"]
            model.fields[graph, name] = fields
            keys = draw(st.sets(st.sampled_from([leaf for leaf in ("id", "code") if leaf in fields] or [""])))
            resolvable = draw(st.sampled_from(["", "", ", resolvable: false"]))
            model.keys[graph, name] = [f'fields: "{key}"{resolvable}' for key in sorted(keys) if key]
        model.keys[graph, "Query"] = []
        model.fields[graph, "Query"] = {f"{graph}{name}": name for name in _TYPES if draw(st.booleans())}
        if not model.fields[graph, "Query"]:
            del model.fields[graph, "Query"]
    counts = Counter((name, leaf) for (_, name), fields in model.fields.items() for leaf in fields)
    for (_, name), fields in model.fields.items():
        fields.update({leaf: f"{text} @shareable" for leaf, text in fields.items() if counts[name, leaf] > 1})
    return model


@settings(max_examples=50, deadline=None)
@given(_models())
def test_doing_what_the_errors_say_is_enough(model: Model) -> None:
    result = model.compose()
    assume(result.errors)
    assume({error.code for error in result.errors} == {"SATISFIABILITY_ERROR"})
    before = {graph: model.sdl(graph) for graph in "abc" if (graph, "T") in model.fields}
    applied = sum(model.apply(error.message) for error in result.errors)
    assert applied
    again = model.compose()
    assert not again.errors, (before, [str(error) for error in result.errors], [str(error) for error in again.errors])


def test_the_smallest_change_is_proposed() -> None:
    """A key where the field is, rather than a field more where the object is."""
    error = rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { b: Book } type Book @key(fields: "id") { id: ID! }',
        b="type Book { id: ID! @shareable price: Int }",
    )
    assert error.message.endswith('The shortest missing link: add @key(fields: "id") to type "Book" in subgraph "b".')


def test_a_value_type_shares_its_field() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        a="type Query { b: Book } type Book { title: String }",
        b="type Book { price: Int } type Query { c: Int }",
    )
    assert 'add field "price: Int @shareable" to type "Book" in subgraph "a"' in error.message
    assert 'mark field "Book.price" @shareable in subgraph "b"' in error.message


def test_what_a_requires_lacks_is_proposed() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { b: Book } type Book @key(fields: "id") { id: ID! weight: Int @external'
        ' postage: Int @requires(fields: "weight") }',
        b="type Book { id: ID! @shareable weight: Int }",
    )
    assert 'add @key(fields: "id") to type "Book" in subgraph "b"' in error.message


def test_an_interface_object_needs_the_key_of_its_interface() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        a='type Query { m: Media } type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }',
        b="interface Media { id: ID! } type Book implements Media { id: ID! @shareable } type Query { books: [Book] }",
    )
    assert 'add @key(fields: "id") to type "Media" in subgraph "b"' in error.message
