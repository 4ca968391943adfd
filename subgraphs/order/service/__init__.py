"""Use cases of the order room: who may, transaction, rule, event.

- ``carts``     edits of a basket under its row lock; merging a guest's basket
- ``orders``    staff moves of an order along its state machine, tracking
- ``requests``  what a checkout asks for, checked before anything happens
- ``checkout``  the saga's first half: key, reservation, pending order; payment of a declined order
- ``payment_steps``  its second half: authorise, sell the stock, capture, confirm
- ``watching``  following the status of orders, for subscriptions
- ``facts``     the events the room tells others
"""
