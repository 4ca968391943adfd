"""The product subgraph's federation schema; thin: arguments in, use case or loader, types out.

- ``access``        who sees hidden products and reviews
- ``pages``         whether a connection is asked for rows
- ``enums``         ProductSort, ReviewSort, ReviewStatus as GraphQL shows them
- ``values``        the small parts of a product: images, availability, rating, facets
- ``entities``      Product, Category, Review and their connections
- ``users``         User as this subgraph extends it
- ``filters``       inputs that select products and categories
- ``searches``      SearchConnection
- ``payloads``      inputs and payloads of mutations; ``reservations``: those of the hidden operations
- ``queries``, ``mutations``, ``subscriptions``  the roots
"""

from subgraphs.kernel.federation import build_schema
from subgraphs.product.api import enums  # noqa: F401 - the domain's enumerations become GraphQL's here
from subgraphs.product.api.entities import Category, Product, PublicProfile, Review
from subgraphs.product.api.mutations import Mutation
from subgraphs.product.api.queries import Query
from subgraphs.product.api.subscriptions import Subscription
from subgraphs.product.api.users import User

schema = build_schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Product, Category, Review, PublicProfile, User],
)
