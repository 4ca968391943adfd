"""The order subgraph: carts, checkout, orders and their history.

It owns the entities Order, OrderItem, Cart and CartLine; it adds orders, cart and figures to User, and purchasedByMe
and unitsSold to Product; it only references PublicProfile. In order of control flow:

- ``app``         the ASGI application
- ``api``         the federation schema
- ``loaders``     this request's batches
- ``service``     use cases: cart edits, the checkout saga, moves of an order
- ``events``      what other rooms' events do here
- ``guests``      who a guest's token names
- ``peers``       what product, payment and user are asked to do
- ``domain``      rules of carts, prices, numbers, checkout and status
- ``repository``  every SQL statement
- ``upkeep``      how long each table keeps its rows
- ``tables``      the tables on the room's engine
"""
