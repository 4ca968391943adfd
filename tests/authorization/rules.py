"""The rules of ``rules.yaml`` and the callers they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import yaml

from subgraphs.auth.domain import SCOPES_BY_ROLE, Role

STATED: dict[str, dict[str, dict[str, str]]] = yaml.safe_load((Path(__file__).parent / "rules.yaml").read_text())
NOT_PROBED = {"external", "part"}


def rules_of(room: str) -> dict[str, str]:
    """The rule of every coordinate (``Type.field``) of a subgraph."""
    return {
        f"{type_name}.{name}": rule
        for part in ("shared", room)
        for type_name, groups in STATED[part].items()
        for rule, names in groups.items()
        for name in names.split()
    }


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks; ``identity`` are the arguments that make a test client ask as them."""

    name: str
    scopes: frozenset[str] = frozenset()
    identity: dict[str, Any] = field(default_factory=dict)


def callers(owner: UUID | None = None) -> list[Caller]:
    """Everybody there is: the owner if one is given, strangers, a sibling service, each role of the staff."""
    staff = {role.value: scopes for role in Role if (scopes := SCOPES_BY_ROLE[role])}
    return [
        *([] if owner is None else [Caller("owner", identity={"as_user": owner})]),
        Caller("anonymous"),
        Caller("another customer", identity={"as_user": uuid4()}),
        Caller("guest", identity={"as_guest": uuid4()}),
        Caller("service", identity={"as_service": "order"}),
        *(Caller(role, frozenset(scopes), {"as_user": uuid4(), "scopes": scopes}) for role, scopes in staff.items()),
    ]


def allows(rule: str, caller: Caller) -> bool:
    """Whether ``caller`` may, by ``rule``."""
    match rule.split():
        case ["public"]:
            return True
        case ["signed_in"]:
            return caller.name != "anonymous"
        case ["person"]:
            return caller.name not in ("anonymous", "service")
        case ["service"]:
            return caller.name == "service"
        case ["owner", scope]:
            return caller.name in ("owner", "service") or scope in caller.scopes
        case [scope] if ":" in scope:
            return scope in caller.scopes
    raise ValueError(f"no rule: {rule}")
