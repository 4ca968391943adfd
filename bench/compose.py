"""How composing grows with the number of subgraphs, in CPU time of this process.

    python bench/compose.py [--types 50] [--subgraphs 2 5 10 20 50 100] [--rounds 3] [--profile]

Method: every subgraph has ``types`` types: entities of its own (two thirds), entities of the next subgraphs to which
it adds fields (a fifth; every second such field has a ``@requires``), and value types, enums, inputs and an interface
that it shares with all others. Composing is all of it: parsing, the rules of each subgraph, merging, satisfiability
and printing. Each figure is the best of some rounds, since noise only adds.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Iterator

from router.composition import SubgraphSource, compose

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@key", "@shareable", "@external", "@requires", "@tag"])\n'
)
SHARED = """
type Money @shareable { amount: Int! currency: Currency! }
type Page @shareable { next: String previous: String total: Int }
enum Currency { EUR USD SEK }
input Paging { first: Int = 20 after: String }
interface Node { id: ID! }
"""
SHARED_TYPES = 5


def source(index: int, subgraphs: int, types: int) -> SubgraphSource:
    """Subgraph ``index`` of ``subgraphs``, with about ``types`` types."""
    added = types // 5
    own = max(1, types - added - SHARED_TYPES)
    parts = [LINK, SHARED, *_entities(index, own), *_additions(index, subgraphs, own, added), _query(index, own)]
    return SubgraphSource(f"subgraph-{index:03}", f"http://subgraph-{index:03}/graphql", "\n".join(parts))


def _entities(index: int, own: int) -> Iterator[str]:
    for number in range(own):
        name, other = f"T{index}x{number}", f"T{index}x{(number + 1) % own}"
        second = ' @key(fields: "code")' if number % 3 == 0 else ""
        yield (
            f'"Entity {number} of subgraph {index}."\ntype {name} implements Node @key(fields: "id"){second} {{\n'
            f'  id: ID!\n  code: String!\n  name: String\n  price: Money @tag(name: "public")\n  size: Int\n'
            f"  next: {other}\n  pages(paging: Paging): Page\n}}"
        )


def _additions(index: int, subgraphs: int, own: int, added: int) -> Iterator[str]:
    """Fields on entities of the following subgraphs, so that every subgraph is reached from several."""
    for number in range(added if subgraphs > 1 else 0):
        owner = (index + 1 + number % min(3, subgraphs - 1)) % subgraphs
        needs = ' @requires(fields: "size")' if number % 2 else ""
        external = "  size: Int @external\n" if number % 2 else ""
        yield (
            f'type T{owner}x{number % own} @key(fields: "id") {{\n  id: ID!\n{external}'
            f"  by{index}_{number}: T{index}x{number % own}{needs}\n}}"
        )


def _query(index: int, own: int) -> str:
    fields = "".join(f"  t{index}_{number}(id: ID!): T{index}x{number}\n" for number in range(0, own, 5))
    return f"type Query {{\n{fields}}}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--types", type=int, default=50)
    parser.add_argument("--subgraphs", type=int, nargs="+", default=[2, 5, 10, 20, 50, 100])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    print(f"{'subgraphs':>9} {'types':>7} {'SDL in KB':>10} {'SDL out KB':>10} {'CPU s':>7} {'ms per subgraph':>15}")
    for count in options.subgraphs:
        sources = [source(index, count, options.types) for index in range(count)]
        best = float("inf")
        for _ in range(options.rounds):
            start = time.process_time()
            result = compose(sources)
            best = min(best, time.process_time() - start)
        if result.supergraph_sdl is None:
            raise SystemExit("\n".join(map(str, result.errors[:5])))
        sizes = sum(len(source.sdl) for source in sources) / 1e3, len(result.supergraph_sdl) / 1e3
        row = f"{count:>9} {count * options.types:>7} {sizes[0]:>10.0f} {sizes[1]:>10.0f}"
        print(f"{row} {best:>7.2f} {1e3 * best / count:>15.1f}", flush=True)
    if options.profile:
        with cProfile.Profile() as profile:
            compose(sources)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
