"""The kernel: what at least three rooms need, without tables, entities or use cases of its own. It imports no room.

Modules in order of control flow, from the environment to the answer, then what happens afterwards:

- ``settings``        RoomSettings, DatabaseSettings from the environment; SettingsError is one clear sentence
- ``refusals``        Refusal, Invalid, Missing, Forbidden, Conflict, Unavailable: plain, for ``domain.py`` too
- ``acting``          acting_as: on whose behalf statements run
- ``database``        Database: Piccolo's engine with pool limits; fetch, execute, transaction; the statement log
- ``database_metrics``  DatabaseMetrics: waits for connections, time of statements, slow ones
- ``migrations``      sql_migration for migration files; Migrator and pending_migrations for `ops` and readiness
- ``ddl``             frozen SQL of the tables that every database has; touch_trigger, comments
- ``ddl_partitions``  frozen SQL that partitions a table by month
- ``audit``           audit_trigger for migrations; forget_in_audit_log
- ``identity``        Principal; IdentityVerifier for forwarded tokens; ServiceSigner for calls to siblings
- ``identifiers``     uuid_or_none, existing_uuid for ids as clients write them
- ``money``           exact amounts per currency: check_amount, check_currency
- ``postal``          what an address needs, country by country
- ``scalars``         DateTime, Date, Decimal, JSON
- ``shared_types``    Money, PageInfo, DecimalRange, TimeRange: GraphQL types equal in all rooms
- ``errors``          UserError types; settle and user_error for payloads; forbidden; masking
- ``pagination``      Keyset, page_request, Page: limits, positions and their SQL
- ``cursors``         positions as opaque text; nothing forged or unstorable gets through
- ``selections``      selects(info, "totalCount"): nothing is fetched that was not asked for
- ``loaders``         RequestLoaders, one_by_key, many_by_key, value_by_key, Loaded[T]
- ``service_client``  ServiceClient: hidden operations of a sibling, by URL or in the same process
- ``circuit``         Circuit: a peer that keeps failing is left alone for a while
- ``context``         Info, RequestContext, RunningRoom: what a resolver can reach
- ``representations`` what _entities is given: whole keys, values of their types, nothing else
- ``federation``      build_schema, cost, list_size; guards from directives; exported SDL
- ``execution``       Executor: cached documents, graphql-core, presented errors
- ``websocket``       Connection: graphql-transport-ws, for subscriptions
- ``requests``        Requests: the endpoint by POST and WebSocket
- ``idempotency``     claim_key, store_response: once per key; close: never at all
- ``outages``         what a loop beside requests waits out, and what is unexpected
- ``events``          Event, Listens
- ``erasure``         what every room does to forget a person, and saying that it is done
- ``outbox``          write_events in the business transaction; Relay to Redis Streams
- ``consumer``        Consumer: inbox, effect, acknowledgement
- ``dead_letters``    events that could not be applied
- ``event_metrics``   what waits in the outbox, how far consumers are behind
- ``partitions``      monthly partitions: made ahead, detached when old, dropped in the end
- ``upkeep``          Upkeep, Retention: the hourly work that keeps growing tables small
- ``feed``            Feed: the room's own events for its subscriptions, one reader per process
- ``metrics``         RoomMetrics
- ``app``             Room, build_app: the ASGI application and its lifespan
"""
