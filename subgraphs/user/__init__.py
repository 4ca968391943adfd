"""user: what somebody is called and wants. It owns profiles, address books and preferences.

Adds names, addresses and preferences to the entity `User` (defined by auth) and defines the entity `PublicProfile`,
which exists so that a review or an order's history can show a person without being a path to their address.

Modules in order of control flow:

- ``app``          the ASGI application
- ``api``          federation schema: types, queries, mutations
- ``events``       what happens here when somebody registers
- ``erasure``      what happens here when somebody is forgotten
- ``loaders``      profiles, addresses and preferences by user, one statement each per request
- ``service``      use cases: change the profile, the address book, the preferences
- ``repository``   every SQL statement
- ``domain``       profiles and preferences: what they may hold
- ``addresses``    addresses: checks by the rules of their country (`kernel.postal`), how one is written on a parcel
- ``upkeep``       how long each table keeps its rows
- ``tables``       Piccolo tables of user_db
"""
