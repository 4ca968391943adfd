"""A plan as JSON: everything the executor goes by, with field sets and paths as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from router.query_plan.nodes import (
    Condition,
    ContextVariable,
    Defer,
    EntityCall,
    EntityFetch,
    Fetch,
    Parallel,
    PlanNode,
    QueryPlan,
    ResponseField,
    Subscription,
)
from router.query_plan.nodes import Sequence as SequenceNode
from router.query_plan.print import print_conditions, print_context, print_path, print_representation

__all__ = ["plan_to_json"]

Json = Mapping[str, Any]


def plan_to_json(plan: QueryPlan) -> dict[str, Any]:
    """The plan as plain dicts and lists, ready for any JSON encoder. Of an operation with ``@defer``: both plans."""
    printed = {
        "kind": "QueryPlan",
        "operationType": plan.operation_type.value,
        "operationName": plan.operation_name,
        "rootType": plan.root_type,
        "node": None if plan.node is None else _node(plan.node),
        "response": [_response(field) for field in plan.response],
        "introspection": plan.introspection,
    }
    return printed if plan.defer is None else {**printed, "defer": _defer(plan.defer)}


def _defer(defer: Defer) -> Json:
    return {
        "kind": "Defer",
        "primary": None if defer.primary is None else _node(defer.primary),
        "deferred": [
            {
                "depends": list(part.depends),
                "usages": list(part.usages),
                "parent": part.parent,
                "node": None if part.node is None else _node(part.node),
            }
            for part in defer.deferred
        ],
        "usages": [
            {"label": usage.label, "path": list(usage.path), "parent": usage.parent, "if": usage.variable}
            for usage in defer.usages
        ],
        "response": [_response(field) for field in defer.response],
    }


def _node(node: PlanNode) -> Json:
    match node:
        case Fetch():
            return {
                "kind": "Fetch",
                "serviceName": node.service,
                "operationKind": node.operation_type.value,
                "operation": node.document,
                "variableUsages": list(node.variables),
            }
        case EntityFetch():
            return {
                "kind": "EntityFetch",
                "serviceName": node.service,
                "operationKind": "query",
                "operation": node.document,
                "variableUsages": list(node.variables),
                "calls": [_call(call) for call in node.calls],
            }
        case SequenceNode(nodes):
            return {"kind": "Sequence", "nodes": _nodes(nodes)}
        case Parallel(nodes):
            return {"kind": "Parallel", "nodes": _nodes(nodes)}
        case Condition(include, child):
            return {"kind": "Condition", "include": print_conditions(include), "node": _node(child)}
        case Subscription(primary, rest):
            return {
                "kind": "Subscription",
                "primary": _node(primary),
                "rest": None if rest is None else _node(rest),
            }


def _nodes(nodes: Sequence[PlanNode]) -> list[Json]:
    return [_node(node) for node in nodes]


def _call(call: EntityCall) -> Json:
    return {
        "responseKey": call.response_key,
        "representationsVariable": call.representations_variable,
        "paths": [print_path(path) for path in call.targets],
        "representations": [" ".join(" ".join(print_representation(one)).split()) for one in call.representations],
        "include": print_conditions(call.include) or None,
        **({"contexts": [_context(context) for context in call.contexts]} if call.contexts else {}),
    }


def _context(context: ContextVariable) -> Json:
    return {
        "variable": context.name,
        "type": context.type,
        "from": print_context(context),
        "include": print_conditions(context.include) or None,
    }


def _response(field: ResponseField) -> Json:
    printed = {
        "responseKey": field.response_key,
        "sourceKey": field.source_key,
        "field": f"{field.parent_type}.{field.field_name}",
        "type": str(field.type),
        "types": None if field.types is None else sorted(field.types),
        "include": print_conditions(field.include) or None,
        "origin": field.origin,
        "selections": [_response(child) for child in field.selections],
    }
    return {**printed, **_delays(field)} if field.delays or field.part else printed


def _delays(field: ResponseField) -> dict[str, Any]:
    delays = [{"include": print_conditions(include) or None, "usage": usage} for include, usage in field.delays]
    return {"part": field.part, "delays": delays}
