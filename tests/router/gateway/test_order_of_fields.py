"""One operation, plans for each value of the variable that decides the order of its fields."""

from __future__ import annotations

from tests.router.gateway.conftest import GatewayClient

RENAMES = """
    mutation ($late: Boolean!) {
      one: rename(id: "1", name: "first") @skip(if: $late) { name }
      two: rename(id: "1", name: "second") { name }
      one: rename(id: "1", name: "first") { name }
    }
"""


async def test_each_request_gets_the_order_of_its_variables(client: GatewayClient) -> None:
    for late, order in ((False, ["one", "two"]), (True, ["two", "one"]), (False, ["one", "two"])):
        answer = await client.ask(RENAMES, variables={"late": late})
        assert "errors" not in answer
        assert list(answer["data"]) == order
    assert client.app.engines.current.kept_operations == 1
