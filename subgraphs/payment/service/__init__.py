"""Use cases of the payment room: who may, transaction, rule, event.

- ``charging``  authorise, capture and void the payment of an order, for the order service
- ``methods``   a user's stored payment methods
- ``facts``     the events the room tells others
"""
