"""The payment subgraph's federation schema; thin: arguments in, use case or loader, types out.

- ``enums``      states and kinds as GraphQL shows them
- ``payments``   Payment, its attempts and refunds, their connection
- ``methods``    PaymentMethod
- ``orders``     Order and User with what this room adds
- ``payloads``   inputs, payloads, filters
- ``errors``     the room's own error type
- ``queries``, ``mutations``  the roots
- ``webhooks``   the HTTP route of the provider's messages
"""

from subgraphs.kernel.federation import build_schema
from subgraphs.payment.api import enums  # noqa: F401 - the domain's enumerations become GraphQL's here
from subgraphs.payment.api.errors import RefundExceedsCapturedError
from subgraphs.payment.api.methods import PaymentMethod
from subgraphs.payment.api.mutations import Mutation
from subgraphs.payment.api.orders import Order, User
from subgraphs.payment.api.payments import Payment, Refund
from subgraphs.payment.api.queries import Query

schema = build_schema(
    query=Query, mutation=Mutation, types=[Payment, PaymentMethod, Refund, Order, User, RefundExceedsCapturedError]
)
