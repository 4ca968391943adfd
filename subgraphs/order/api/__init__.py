"""The order subgraph's federation schema; thin: arguments in, use case or loader, types out.

- ``enums``         OrderStatus, CheckoutState and OrderSort as GraphQL shows them
- ``references``    entities of other subgraphs: Product (with sales facts), PublicProfile; ``users``: User
- ``orders``        Order, its items, addresses and history, connections; ``filters``: what selects them
- ``carts``         Cart and CartLine with their @requires fields
- ``errors``        the room's own error types
- ``payloads``      inputs and payloads of mutations
- ``queries``, ``mutations``, ``subscriptions``  the roots
"""

from subgraphs.kernel.federation import build_schema
from subgraphs.order.api import enums  # noqa: F401 - the domain's enumerations become GraphQL's here
from subgraphs.order.api.carts import Cart, CartLine
from subgraphs.order.api.errors import ERRORS
from subgraphs.order.api.mutations import Mutation
from subgraphs.order.api.orders import Order, OrderItem
from subgraphs.order.api.queries import Query
from subgraphs.order.api.references import Product, PublicProfile
from subgraphs.order.api.subscriptions import Subscription
from subgraphs.order.api.users import User

schema = build_schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Order, OrderItem, Cart, CartLine, Product, PublicProfile, User, *ERRORS],
)
