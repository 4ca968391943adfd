"""The federation schema of user: thin resolvers over `service` and the loaders.

- ``entities``   User and PublicProfile: who may read what, what a selection makes us load
- ``types``      payloads, inputs, address rules
- ``queries``    addressRules, publicProfile
- ``mutations``  profile, address book, preferences
"""

from subgraphs.kernel.federation import build_schema
from subgraphs.user.api.entities import PublicProfile, User
from subgraphs.user.api.mutations import Mutation
from subgraphs.user.api.queries import Query

schema = build_schema(query=Query, mutation=Mutation, types=[User, PublicProfile])
