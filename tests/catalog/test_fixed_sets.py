"""What the API calls a fixed set is one in the database (S-133), and what goes with its parent is stated (S-135)."""

from __future__ import annotations

import re
from typing import Any

from graphql import EnumTypeDefinitionNode, parse

from ops.rooms import ROOT

ENUMS = {
    "auth": {"Role": ("users.role",)},
    "user": {"AddressType": ("user_addresses.address_type",), "Theme": ("user_preferences.theme",)},
    "product": {"ReviewStatus": ("product_reviews.status",)},
    "order": {"OrderStatus": ("orders.status", "order_status_history.status")},
    "payment": {
        "PaymentMethodType": ("payment_methods.type",),
        "PaymentStatus": ("payments.status",),
        "RefundStatus": ("refunds.status",),
    },
    "notification": {
        "Channel": ("notifications.type", "notification_templates.type"),
        "DeliveryStatus": ("notifications.delivery_status", "notification_logs.status"),
        "Priority": ("notifications.priority",),
        "ReadStatus": ("notifications.status",),
    },
}
"""The columns of each enum, by room."""

NOT_STORED = {"ProductSort", "ReviewSort", "OrderSort", "CheckoutState"}
"""Orders of lists, and a state that is told from several columns."""

ELSEWHERE = {("payment", "OrderStatus")}
"""Fields of other subgraphs that a subgraph requires."""

RENAMED = {"customer": "user"}
"""The source document's word for a role without rights is user."""

PROJECTED = {"notification": {"recipients.role": ("auth", "Role")}}
"""Columns that keep what another room's events say: whose enum it is; there it is written as the API writes it."""

STAYS = {
    "product": {"categories_parent_id_fkey", "products_category_id_fkey", "stock_reservations_product_id_fkey"},
    "payment": {"payment_attempts_payment_id_fkey", "refunds_payment_id_fkey"},
}
"""Foreign keys whose parent cannot be deleted under its children: categories in use, goods that are held, money."""

_IN = re.compile(r"CHECK \(\(\((\w+)\)::text = ANY \(\(?ARRAY\[(.*)\]\)?(?:::text\[\])?\)\)\)")


def _enums(room: str) -> dict[str, EnumTypeDefinitionNode]:
    nodes = parse((ROOT / "schema" / f"{room}.graphql").read_text()).definitions
    return {node.name.value: node for node in nodes if isinstance(node, EnumTypeDefinitionNode)}


def enum_values(room: str) -> dict[str, set[str]]:
    """What the room's API calls each of its enums, as the database would."""
    names = {name: [value.name.value.lower() for value in node.values or ()] for name, node in _enums(room).items()}
    return {name: {RENAMED.get(value, value) for value in values} for name, values in names.items()}


async def accepted_values(connection: Any) -> dict[str, set[str]]:
    """What the columns with a fixed set of values take."""
    rows = await connection.fetch(
        """
        SELECT conrelid::regclass::text AS "table", pg_get_constraintdef(oid) AS said FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace
        """
    )
    found = [(row["table"], match) for row in rows if (match := _IN.fullmatch(row["said"]))]
    return {f"{table}.{match[1]}": set(re.findall(r"'(\w+)'", match[2])) for table, match in found}


async def test_an_enum_is_what_its_columns_accept(room: str, connection: Any) -> None:
    accepted = await accepted_values(connection)
    enums = {
        name: values
        for name, values in enum_values(room).items()
        if name not in NOT_STORED and (room, name) not in ELSEWHERE and not name.startswith(("link__", "join__"))
    }
    assert enums.keys() == ENUMS[room].keys()
    for name, columns in ENUMS[room].items():
        for column in columns:
            assert accepted.get(column) == enums[name], f"{name} and {column}"


async def test_a_projected_enum_is_the_owners(room: str, connection: Any) -> None:
    accepted = await accepted_values(connection)
    for column, (owner, name) in PROJECTED.get(room, {}).items():
        assert accepted.get(column) == {value.name.value for value in _enums(owner)[name].values or ()}


async def test_children_go_with_their_parent_but_for_those_that_stay(room: str, connection: Any) -> None:
    rows = await connection.fetch(
        """
        SELECT conname, confdeltype::text AS kind FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0
        """
    )
    assert {row["conname"] for row in rows if row["kind"] != "c"} == STAYS.get(room, set())
    assert {row["kind"] for row in rows} <= {"a", "r", "c"}  # nobody loses its parent and stays
