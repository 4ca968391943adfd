"""The order room's rules as plain functions and values: no I/O, no framework, no clock of their own.

In the order a purchase meets them:

- ``cart``          lines of a basket, its caps, merging two baskets, the id of a line
- ``pricing``       subtotal, shipping, tax and total of an order; warnings about a basket
- ``order_number``  the number printed on the parcel: date, random part, check symbol
- ``checkout``      the saga's steps and the state a client sees at each
- ``status``        the order's state machine
"""
