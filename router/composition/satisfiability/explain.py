"""Why a query cannot be satisfied, subgraph by subgraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.composition.errors import CompositionError
from router.composition.satisfiability.options import Options
from router.composition.satisfiability.reachability import Holding
from router.composition.satisfiability.setting import context_of
from router.composition.satisfiability.walk import Failure, SharedRuntimeTypes, Step
from router.supergraph.field_set import print_field_set

__all__ = ["explain_failure", "explain_shared_types"]


def explain_failure(options: Options, failure: Failure, links: Sequence[str] = ()) -> CompositionError:
    """SATISFIABILITY_ERROR with the shortest failing query, the reasons of every subgraph tried, and what to add.

    The message grows with the ways of holding the object times the keys of the subgraphs that resolve the field.
    """
    reasons = "\n".join(
        f'- from subgraph "{holding.graph}":\n'
        + "\n".join(f"  - {reason}" for reason in _reasons(options, failure, holding))
        for holding in failure.holdings
    )
    repair = f"\nThe shortest missing link: {'; '.join(links)}." if links else ""
    return CompositionError(
        "SATISFIABILITY_ERROR",
        f"The following supergraph API query:\n{_query(failure.path)}\n"
        f"cannot be satisfied by the subgraphs because:\n{reasons}{repair}",
        (failure.coordinate,),
        tuple(dict.fromkeys(holding.graph for holding in failure.holdings)),
    )


def explain_shared_types(shared: SharedRuntimeTypes) -> str:
    """Which object types each subgraph gives for a shared field."""
    listed = "\n".join(f'- in subgraph "{graph}", {_names(types)}' for graph, types in sorted(shared.types.items()))
    return (
        f"For the following supergraph API query:\n{_query(shared.path)}\n"
        f'the object types of shared field "{shared.coordinate}" differ between subgraphs:\n{listed}\n'
    )


def _reasons(options: Options, failure: Failure, holding: Holding) -> Iterator[str]:
    graph = options.graph
    if failure.field is None:
        yield (
            f'"{failure.type_name}" is an @interfaceObject, and no subgraph that defines the interface can be reached'
            " by a @key of it."
        )
        return
    reached = options.reachability.graphs(failure.type_name, holding)
    edge = graph.edge(holding.graph, failure.type_name, failure.field)
    if edge is None:
        yield f'cannot find field "{failure.type_name}.{failure.field}".'
    elif edge.external:
        yield f'field "{failure.type_name}.{failure.field}" is not resolvable because marked @external.'
    for resolver in graph.resolvers(failure.type_name, failure.field):
        entries = [entry for entry in graph.entries(failure.type_name) if entry.graph == resolver.graph]
        unset = [argument for argument in resolver.contexts if context_of(argument) not in failure.available]
        if resolver.graph in reached and unset:
            for argument in unset:
                yield (
                    f'cannot fill argument "{argument.name}" of field "{resolver.parent}.{resolver.field}" in subgraph'
                    f' "{resolver.graph}": @fromContext requires context "{argument.context}", which no type on the way'
                    " sets with a value that can be resolved there."
                )
        elif resolver.graph in reached:
            yield (
                f'cannot satisfy @requires conditions "{print_field_set(resolver.requires)}" of field'
                f' "{resolver.parent}.{resolver.field}" in subgraph "{resolver.graph}".'
            )
        elif not entries:
            yield (
                f'cannot move to subgraph "{resolver.graph}", which has field "{resolver.parent}.{resolver.field}",'
                f' because type "{resolver.parent}" has no resolvable @key defined in subgraph "{resolver.graph}".'
            )
        for entry in entries if resolver.graph not in reached else ():
            yield (
                f'cannot move to subgraph "{entry.graph}" using @key(fields: "{print_field_set(entry.key)}") of'
                f' "{entry.type}", the key field(s) cannot be resolved from subgraph "{holding.graph}".'
            )


def _query(path: Step) -> str:
    """The query that fails, indented."""
    operation, *steps = path.steps()
    lines = ["{" if operation.name == "query" else f"{operation.name} {{"]
    for depth, step in enumerate(steps, start=1):
        text = f"... on {step.name}" if step.condition else step.name
        lines.append("  " * depth + text + (" {" if step is not steps[-1] else ""))
    lines += ["  " * depth + "}" for depth in range(len(steps) - 1, -1, -1)]
    return "\n".join(lines)


def _names(types: frozenset[str]) -> str:
    return ("type " if len(types) == 1 else "types ") + ", ".join(f'"{name}"' for name in sorted(types))
