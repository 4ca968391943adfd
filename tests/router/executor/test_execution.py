"""Plans executed against scripted subgraphs: what is sent, what is merged, what the client reads."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from graphql import OperationType, build_schema

from router.executor import ExecutionPolicy, RequestContext, Response, compile_plan
from router.query_plan.nodes import (
    ITEMS,
    Condition,
    EntityFetch,
    OnTypes,
    Parallel,
    PlanNode,
    Representation,
    RepresentationField,
    RepresentationSelection,
    Sequence,
    Subscription,
)
from tests.router.executor.planning import call, entities, keyed, plan, root
from tests.router.executor.subgraphs import Scripted

SCHEMA = build_schema("""
    type Query { products: [Product]  product(id: ID!): Product  node: Node  nodes: [Node]  lists: [[Product]] }
    type Mutation { first: Product  second: Product!  third: Product }
    type Subscription { changed: Product }
    interface Node { id: ID! }
    type Product implements Node { id: ID!  name: String  price: Int  stock: Int!  owner: User  dims: Dims
                                     related: [Product!] }
    type Dims { width: Int  unit: String }
    type User implements Node { id: ID!  name: String  age: Int }
""")


async def run(
    operation: str, node: PlanNode | None, variables: dict[str, Any] | None = None, **options: Any
) -> Response:
    policy = options.pop("policy", ExecutionPolicy())
    deadline = options.pop("deadline", None)
    executable = compile_plan(plan(SCHEMA, operation, node, options.pop("introspection", None)), SCHEMA)
    context = RequestContext(options, variables or {}, policy=policy, deadline=deadline)
    return await executable.execute(context)


def by_id(**known: dict[str, Any]) -> Any:
    """Answers ``_entities`` from a table; what it does not know is null."""

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        ((_, sent),) = request["variables"].items()
        return {"data": {"_entities": [known.get(f"p{item['id']}") for item in sent]}}

    return reply


async def test_a_root_fetch_is_shaped_in_the_order_of_the_selection() -> None:
    shop = Scripted({"data": {"product": {"name": "Desk", "__typename": "Product", "id": 7}}})
    response = await run(
        "{ product(id: 1) { id label: __typename name price } }", root("shop", "{product{id name}}"), shop=shop
    )
    assert response.to_bytes() == b'{"data":{"product":{"id":"7","label":"Product","name":"Desk","price":null}}}'
    assert shop.requests == [{"query": "{product{id name}}"}]


async def test_only_declared_variables_with_a_value_are_sent() -> None:
    shop = Scripted({"data": {"product": None}})
    fetch = root("shop", "query($a:ID!$b:Int$c:Int){product}", "a", "b", "c")
    response = await run("{ product(id: 1) { id } }", fetch, {"a": "1", "b": None, "other": 5}, shop=shop)
    assert shop.requests[0]["variables"] == {"a": "1", "b": None}
    assert response.to_bytes() == b'{"data":{"product":null}}'


async def test_equal_representations_are_sent_once_and_answers_reach_every_object() -> None:
    listed = [{"id": "1"}, None, {"id": "2"}, {"id": "1"}, {"id": "3"}]
    shop = Scripted({"data": {"products": listed}})
    stock = Scripted(by_id(p1={"stock": 10}, p2={"stock": 20}))
    node = Sequence((root("shop", "{products{id}}"), entities("stock", "Product", "stock", ("products", ITEMS))))
    response = await run("{ products { id stock } }", node, shop=shop, stock=stock)
    assert stock.representations == [
        {"__typename": "Product", "id": "1"},
        {"__typename": "Product", "id": "2"},
        {"__typename": "Product", "id": "3"},
    ]
    assert response.data == {
        "products": [{"id": "1", "stock": 10}, None, {"id": "2", "stock": 20}, {"id": "1", "stock": 10}, None]
    }
    assert [error["path"] for error in response.errors] == [["products", 4, "stock"]]


async def test_nothing_is_sent_when_there_is_nothing_to_ask_for() -> None:
    shop = Scripted({"data": {"products": [None, {"id": None}, {}]}})
    stock = Scripted({"data": {"_entities": []}})
    node = Sequence((root("shop", "{products{id}}"), entities("stock", "Product", "name", ("products", ITEMS))))
    response = await run("{ products { name } }", node, shop=shop, stock=stock)
    assert stock.requests == []
    assert response.data == {"products": [None, {"name": None}, {"name": None}]}
    assert len(response.fetches) == 1


async def test_nested_lists_and_type_conditions_on_the_path() -> None:
    shop = Scripted({"data": {"nodes": [{"__typename": "User", "id": "1"}, {"__typename": "Product", "id": "2"}]}})
    stock = Scripted(by_id(p2={"stock": 5}))
    target = ("nodes", ITEMS, OnTypes(frozenset({"Product"})))
    node = Sequence((root("shop", "{nodes{__typename id}}"), entities("stock", "Product", "stock", target)))
    response = await run("{ nodes { id ... on Product { stock } } }", node, shop=shop, stock=stock)
    assert stock.representations == [{"__typename": "Product", "id": "2"}]
    assert response.data == {"nodes": [{"id": "1"}, {"id": "2", "stock": 5}]}

    shop = Scripted({"data": {"lists": [[{"id": "1"}], None, [None, {"id": "2"}]]}})
    stock = Scripted(by_id(p1={"name": "one"}, p2={"name": "two"}))
    node = Sequence((root("shop", "{lists{id}}"), entities("stock", "Product", "name", ("lists", ITEMS, ITEMS))))
    response = await run("{ lists { name } }", node, shop=shop, stock=stock)
    assert response.data == {"lists": [[{"name": "one"}], None, [None, {"name": "two"}]]}


async def test_required_fields_are_sent_when_null_and_left_out_when_missing() -> None:
    listed = [
        {"id": "1", "price": 5, "dims": {"width": 1, "unit": "m"}},
        {"id": "2", "price": None, "dims": None},
        {"id": "3", "dims": {"width": None}},
    ]
    shop = Scripted({"data": {"products": listed}})
    stock = Scripted(by_id())
    width = RepresentationField("width", "width", False)
    unit = RepresentationField("unit", "unit", False)
    dims = RepresentationField("dims", "dims", False, (RepresentationSelection(None, (width, unit)),))
    wanted = Representation(
        None, "Product", (RepresentationField("id", "id", True), RepresentationField("price", "price", False), dims)
    )
    fetch = entities("stock", "Product", "name", ("products", ITEMS), representations=(wanted,))
    await run("{ products { name } }", Sequence((root("shop", "{products{id}}"), fetch)), shop=shop, stock=stock)
    assert stock.representations == [
        {"__typename": "Product", "id": "1", "price": 5, "dims": {"width": 1, "unit": "m"}},
        {"__typename": "Product", "id": "2", "price": None, "dims": None},
        {"__typename": "Product", "id": "3", "dims": {"width": None}},
    ]


async def test_a_nested_key_with_a_null_in_it_is_not_sent() -> None:
    owner = RepresentationField("id", "id", True)
    key = RepresentationField("owner", "owner", True, (RepresentationSelection(None, (owner,)),))
    listed = [{"owner": {"id": "7"}}, {"owner": {"id": None}}, {"owner": None}, {"owner": {}}]
    shop = Scripted({"data": {"products": listed}})
    stock = Scripted({"data": {"_entities": [{"stock": 1}]}})
    wanted = (Representation(None, "Product", (key,)),)
    fetch = entities("stock", "Product", "name", ("products", ITEMS), representations=wanted)
    await run("{ products { name } }", Sequence((root("shop", "{products}"), fetch)), shop=shop, stock=stock)
    assert stock.representations == [{"__typename": "Product", "owner": {"id": "7"}}]


async def test_the_first_representation_that_matches_is_built() -> None:
    listed = [
        {"__typename": "User", "id": "1", "name": "x"},
        {"__typename": "Product", "id": "1"},
        {"__typename": "Other", "id": "1"},
    ]
    shop = Scripted({"data": {"nodes": listed}})
    other = Scripted({"data": {"_entities": [{"name": None, "age": 3}, {"name": "Desk", "age": None}]}})
    wanted = (keyed(None, "id", types=["User"]), keyed("Node", "id", types=["Product"]))
    fetch = entities("other", "Node", "name age", ("nodes", ITEMS), representations=wanted)
    response = await run(
        "{ nodes { ... on User { age } ... on Product { name } } }",
        Sequence((root("shop", "{nodes}"), fetch)),
        shop=shop,
        other=other,
    )
    assert other.representations == [{"__typename": "User", "id": "1"}, {"__typename": "Node", "id": "1"}]
    assert response.data == {"nodes": [{"age": 3}, {"name": "Desk"}, None]}
    assert [error["path"] for error in response.errors] == [["nodes", 2]]


async def test_several_calls_share_a_request_and_a_skipped_one_is_empty() -> None:
    shop = Scripted({"data": {"product": {"id": "1", "owner": {"id": "9"}}}})
    both = Scripted({"data": {"a": [{"name": "Desk"}], "b": []}})
    calls = (
        call("a", "ra", "Product", ("product",)),
        call("b", "rb", "User", ("product", "owner"), include=((("on", True),),)),
    )
    document = """query($ra:[_Any!]!$rb:[_Any!]!){
        a:_entities(representations:$ra){...on Product{name}} b:_entities(representations:$rb){...on User{age}}
    }"""
    node = Sequence((root("shop", "{product{id owner{id}}}"), EntityFetch("both", document, (), calls)))
    operation = "query($on: Boolean!) { product(id: 1) { name owner { age @include(if: $on) } } }"
    response = await run(operation, node, {"on": False}, shop=shop, both=both)
    assert both.requests[0]["variables"] == {"ra": [{"__typename": "Product", "id": "1"}], "rb": []}
    assert response.data == {"product": {"name": "Desk", "owner": {}}}
    assert response.errors == []


async def test_answers_are_merged_deeply_into_what_is_there() -> None:
    shop = Scripted({"data": {"product": {"id": "1", "dims": {"width": 3}, "related": [{"id": "2"}, {"id": "3"}]}}})
    more = Scripted({"data": {"_entities": [{"dims": {"unit": "m"}, "related": [{"name": "b"}, {"name": "c"}]}]}})
    node = Sequence(
        (
            root("shop", "{product{id dims{width} related{id}}}"),
            entities("more", "Product", "dims{unit} related{name}", ("product",)),
        )
    )
    response = await run("{ product(id: 1) { dims { width unit } related { id name } } }", node, shop=shop, more=more)
    assert response.data == {
        "product": {
            "dims": {"width": 3, "unit": "m"},
            "related": [{"id": "2", "name": "b"}, {"id": "3", "name": "c"}],
        }
    }


async def test_a_shared_root_field_is_merged_from_both_answers() -> None:
    one = Scripted({"data": {"product": {"name": "Desk", "dims": None}}})
    two = Scripted({"data": {"product": {"dims": {"unit": "m"}}}}, delay=0.001)
    node = Parallel((root("two", "{product{dims{unit}}}"), root("one", "{product{name dims{width}}}")))
    response = await run("{ product(id: 1) { name dims { unit } } }", node, one=one, two=two)
    assert response.data == {"product": {"name": "Desk", "dims": {"unit": "m"}}}


async def test_objects_of_two_targets_do_not_share_what_a_later_fetch_writes_below_one() -> None:
    shop = Scripted({"data": {"a": {"id": "1"}, "b": {"id": "1"}}})
    owner = Scripted({"data": {"_entities": [{"owner": {"id": "9"}}]}})
    names = Scripted({"data": {"_entities": [{"name": "long name"}]}})
    node = Sequence(
        (
            root("shop", "{a:product{id} b:product{id}}"),
            entities("owner", "Product", "owner{id}", ("a",), ("b",)),
            entities("names", "User", "name", ("b", "owner")),
        )
    )
    operation = "{ a: product(id: 1) { owner { id name } } b: product(id: 1) { owner { id name } } }"
    response = await run(operation, node, shop=shop, owner=owner, names=names)
    assert response.data == {
        "a": {"owner": {"id": "9", "name": None}},
        "b": {"owner": {"id": "9", "name": "long name"}},
    }


async def test_parallel_fetches_run_beside_each_other() -> None:
    together = asyncio.Barrier(3)

    class Meeting(Scripted):
        async def post(self, *arguments: Any) -> Any:
            await together.wait()
            return await super().post(*arguments)

    services = {name: Meeting({"data": {name: {"id": name}}}) for name in ("a", "b", "c")}
    node = Parallel(tuple(root(name, f"{{{name}:product{{id}}}}") for name in services))
    operation = "{ a: product(id: 1) { id } b: product(id: 2) { id } c: product(id: 3) { id } }"
    response = await asyncio.wait_for(run(operation, node, **services), 5)
    assert response.to_bytes() == b'{"data":{"a":{"id":"a"},"b":{"id":"b"},"c":{"id":"c"}}}'


async def test_cancelling_an_execution_cancels_its_fetches() -> None:
    slow = [Scripted({"data": {}}, delay=60) for _ in range(3)]
    node = Parallel(tuple(root(name, "{product{id}}") for name in "abc"))
    task = asyncio.create_task(run("{ product(id: 1) { id } }", node, **dict(zip("abc", slow, strict=True))))
    for _ in range(3):  # one round of the loop starts the tasks, one their fetches
        await asyncio.sleep(0)
    assert all(service.requests for service in slow)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [service.cancelled for service in slow] == [1, 1, 1]


async def test_conditions_decide_what_is_fetched_and_shown() -> None:
    operation = "query($on: Boolean!) { product(id: 1) { id name @skip(if: $on) } }"
    for on, requests, data in ((True, 0, {"id": "1"}), (False, 1, {"id": "1", "name": "Desk"})):
        shop = Scripted({"data": {"product": {"id": "1"}}})
        names = Scripted(by_id(p1={"name": "Desk"}))
        fetch = Condition(((("on", False),),), entities("names", "Product", "name", ("product",)))
        response = await run(
            operation, Sequence((root("shop", "{product{id}}"), fetch)), {"on": on}, shop=shop, names=names
        )
        assert len(names.requests) == requests
        assert response.data == {"product": data}


async def test_a_failing_mutation_does_not_stop_later_ones_unless_data_is_null() -> None:
    fetches = [
        root(f"s{key}", f"mutation{{{key}{{id}}}}", operation=OperationType.MUTATION)
        for key in ("first", "second", "third")
    ]
    failed = {"data": None, "errors": [{"message": "no"}]}
    services = {
        "sfirst": Scripted(failed),
        "ssecond": Scripted({"data": {"second": {"id": "2"}}}),
        "sthird": Scripted({"data": {"third": {"id": "3"}}}),
    }
    operation = "mutation { first { id } second { id } third { id } }"
    response = await run(operation, Sequence(tuple(fetches)), **services)
    assert response.data == {"first": None, "second": {"id": "2"}, "third": {"id": "3"}}
    assert response.errors == [{"message": "no", "path": ["first"], "extensions": {"service": "sfirst"}}]

    services = {
        "sfirst": Scripted({"data": {"first": {"id": "1"}}}),
        "ssecond": Scripted(failed),
        "sthird": Scripted(failed),
    }
    response = await run(operation, Sequence(tuple(fetches)), **services)
    assert response.data is None
    assert response.errors == [{"message": "no", "path": ["second"], "extensions": {"service": "ssecond"}}]
    assert services["sthird"].requests == []


async def test_introspection_is_answered_from_the_api_schema_beside_data() -> None:
    shop = Scripted({"data": {"product": {"id": "1"}}})
    operation = '{ product(id: 1) { id } type: __type(name: "User") { name } __typename }'
    introspection = '{ type: __type(name: "User") { name } }'
    response = await run(operation, root("shop", "{product{id}}"), introspection=introspection, shop=shop)
    assert response.to_bytes() == b'{"data":{"product":{"id":"1"},"type":{"name":"User"},"__typename":"Query"}}'


async def test_statistics_and_allowed_extensions_of_each_fetch() -> None:
    shop = Scripted({"data": {"products": [{"id": "1"}, {"id": "2"}]}, "extensions": {"sql": 3, "secret": 1}})
    stock = Scripted(lambda request: {**by_id()(request), "extensions": {"sql": 2}})
    fetch = entities("stock", "Product", "name", ("products", ITEMS))
    node = Sequence((root("shop", "{products{id}}"), fetch, fetch))
    policy = ExecutionPolicy(response_extensions=frozenset({"sql"}))
    response = await run("{ products { id } }", node, policy=policy, shop=shop, stock=stock)
    assert response.extensions == {"sql": {"shop": [3], "stock": [2, 2]}}
    assert orjson.loads(response.to_bytes())["extensions"] == response.extensions
    first, second, _ = response.fetches
    assert (first.service, first.index, first.status, first.entities) == ("shop", 0, 200, 0)
    assert (second.service, second.index, second.status, second.entities) == ("stock", 1, 200, 2)
    assert second.request_bytes > 0
    assert second.response_bytes == len(b'{"data":{"_entities":[null,null]},"extensions":{"sql":2}}')


async def test_timeouts_of_services_and_the_request() -> None:
    shop, stock = Scripted({"data": {"product": {"id": "1"}}}), Scripted(by_id())
    node = Sequence((root("shop", "{product{id}}"), entities("stock", "Product", "name", ("product",))))
    policy = ExecutionPolicy(timeout=9, timeouts={"stock": 1})
    await run("{ product(id: 1) { name } }", node, policy=policy, shop=shop, stock=stock)
    assert (shop.timeouts, stock.timeouts) == ([9], [1])

    now = asyncio.get_running_loop().time()
    response = await run("{ product(id: 1) { name } }", node, deadline=now - 1, shop=shop, stock=stock)
    assert len(shop.requests) == 1
    assert response.data == {"product": None}
    assert response.errors[0]["extensions"] == {"code": "GATEWAY_TIMEOUT", "service": "shop"}


async def test_an_event_of_a_subscription_is_completed_by_the_rest_of_the_plan() -> None:
    primary = root("shop", "subscription{changed{id}}", operation=OperationType.SUBSCRIPTION)
    node = Subscription(primary, entities("names", "Product", "name", ("changed",)))
    names = Scripted(by_id(p1={"name": "Desk"}))
    executable = compile_plan(plan(SCHEMA, "subscription { changed { name } }", node), SCHEMA)
    context = RequestContext({"names": names})
    assert executable.event_source is not None
    assert executable.event_source.service == "shop"
    assert executable.event_source.body(context) == b'{"query":"subscription{changed{id}}"}'
    response = await executable.execute_event(context, b'{"data":{"changed":{"id":"1"}}}')
    assert response.data == {"changed": {"name": "Desk"}}


async def test_one_executable_serves_requests_side_by_side() -> None:
    shop = Scripted(lambda request: {"data": {"product": {"id": request["variables"]["id"]}}}, delay=0.001)
    executable = compile_plan(
        plan(SCHEMA, "{ product(id: 1) { id } }", root("shop", "query($id:ID!){product{id}}", "id")), SCHEMA
    )
    contexts = [RequestContext({"shop": shop}, {"id": str(number)}) for number in range(20)]
    responses = await asyncio.gather(*[executable.execute(context) for context in contexts])
    assert [response.data for response in responses] == [{"product": {"id": str(number)}} for number in range(20)]
