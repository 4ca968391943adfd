"""The room's federation schema: ``types``, ``entities``, ``queries``, ``mutations``, ``subscriptions``."""

from subgraphs.kernel.federation import build_schema
from subgraphs.notification.api.entities import User
from subgraphs.notification.api.mutations import Mutation
from subgraphs.notification.api.queries import Query
from subgraphs.notification.api.subscriptions import Subscription
from subgraphs.notification.api.types import Notification, Order

schema = build_schema(query=Query, mutation=Mutation, subscription=Subscription, types=[Notification, User, Order])
