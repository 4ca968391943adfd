"""The notification room: what users are told, over which channel, and what they have read of it.

Owns the entity Notification and its templates; references User (adds notifications, unreadNotificationCount and
effectiveChannels) and Order (adds notifications), both known here by id only. Everything it tells comes from events of
the other rooms; the addresses of accounts and orders, and preferences, are projections of theirs. Modules in order of
control flow:

- ``app``         the ASGI application, its channels, and which events it listens to
- ``api``         the federation schema: ``types``, ``entities``, ``queries``, ``mutations``, ``subscriptions``
- ``events``      handlers of other rooms' events: projections and new notifications
- ``loaders``     this request's DataLoaders
- ``service``     use cases: read state, arrivals for subscriptions, templates, dead letters
- ``announcements``  which event is told to whom, over which channels
- ``domain``      channels, templates and their rendering
- ``repository``  every SQL statement
- ``delivery``    the worker that hands what is due to its channel
- ``channels``    what a channel is; adapters: ``mail`` (SMTP), ``http_gateway`` (text and push messages)
- ``upkeep``      how long each table keeps its rows
- ``tables``      the database and its tables
"""
