"""The shop: six rooms with the same furniture, and the kernel they share.

`auth`, `user`, `product`, `order`, `payment` and `notification` never import one another and never read another's
database: they meet in the graph, through hidden operations (``context.peers``) and through events. Anatomy of a room,
bottom to top; an arrow points at what a file may import (app > api > loaders | service > repository > tables):

``tables.py``: the database and its Piccolo tables::

    DB = Database("user")

    class Addresses(Table, db=DB, tablename="user_addresses"):
        id = UUID(primary_key=True)
        user_id = UUID()

``repository.py``: every SQL statement, batched by keys, answering rows of ``domain.py``::

    async def addresses_by_user(ids: list[UUID]) -> list[tuple[UUID, Address]]:
        rows = await DB.fetch(f"SELECT {_COLUMNS} FROM user_addresses WHERE user_id = ANY($1::uuid[]) ORDER BY id", ids)
        return [(row["user_id"], _address(row)) for row in rows]

``domain.py``: rules as plain functions and dataclasses; raises refusals, imports no framework::

    def check_postcode(country: str, zip_code: str) -> str:
        if not RULES[country].matches(zip_code):
            raise Invalid("This postcode does not fit the country.", code="POSTCODE_INVALID", path=["zipCode"])

``service.py``: use cases: who may, transaction, rule, event::

    async def add_address(principal: Principal, new: NewAddress) -> Address:
        async with DB.transaction():
            address = await repository.insert_address(principal.required_user(), domain.checked(new))
            await write_events(DB, Event("user.address_added", f"user:{address.user_id}", {...}))

``loaders.py``: this request's DataLoaders::

    class Loaders(RequestLoaders):
        @cached_property
        def addresses(self) -> DataLoader[UUID, list[Address]]:
            return many_by_key(repository.addresses_by_user)

``api/``: the federation schema, thin; ``types.py``, ``queries.py``, ``mutations.py``, ``schema`` in ``__init__.py``.
Every type and field has a description; plain attributes are the fast path; owner or scope is checked here and in
``resolve_reference``, which receives every key and @requires field in GraphQL spelling::

    @strawberry.federation.type(keys=["id"], description="A person with an account.")
    class User:
        id: strawberry.ID = strawberry.field(description="Identity of the user.")

        @strawberry.federation.field(authenticated=True, description="The user's addresses.")
        def addresses(self, info: Info) -> Loaded[list[Address]]:
            info.context.principal.require(self.id, "users:read")
            loaders: Loaders = info.context.loaders
            return loaders.addresses.load(UUID(self.id))      # a future; no async needed

        @classmethod
        def resolve_reference(cls, info: Info, id: strawberry.ID, **_: object) -> "User":
            return cls(id=id)

    @strawberry.federation.mutation(authenticated=True, description="Add an address.")
    async def add_address(self, info: Info, input: AddressInput) -> AddressPayload:
        return await settle(AddressPayload, "address", service.add_address(info.context.principal, ...))

    schema = build_schema(query=Query, mutation=Mutation, types=[User])

``app.py``: the room as a service::

    ROOM = Room("user", schema, DB, loaders=Loaders, listens=[Listens("auth", "user.registered", events.on_registered)])

    def create_app(settings: RoomSettings, *, redis: str | None = None, peers: Mapping[str, Peer] | None = None,
                   background: bool = True) -> RoomApp:
        return build_app(ROOM, settings, redis=redis, peers=peers, background=background)

Beside these: ``events.py`` for handlers of other rooms' events, and one adapter per place where the world is touched.
Enumerations are lower case in SQL and upper case in GraphQL; ids are UUIDs in Python and strings in GraphQL.
"""
