"""The federation schema of auth: thin resolvers over `service`, `staff` and the loaders.

- ``user``       the entity User, and from ids to objects: who may read whom, what a selection makes us load
- ``types``      sessions, tokens, connections, payloads, inputs
- ``queries``    me, mySessions, user, users
- ``mutations``  registration, sign-in, sessions, staff
"""

from subgraphs.auth.api.mutations import Mutation
from subgraphs.auth.api.queries import Query
from subgraphs.auth.api.types import LockedOutError
from subgraphs.auth.api.user import User
from subgraphs.kernel.federation import build_schema

schema = build_schema(query=Query, mutation=Mutation, types=[User, LockedOutError])
