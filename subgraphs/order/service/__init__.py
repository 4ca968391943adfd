"""Use cases of the order room: who may, transaction, rule, event.

- ``carts``     edits of a basket under its row lock; merging a guest's basket
- ``orders``    staff moves of an order along its state machine, tracking
- ``requests``  what a checkout asks for, checked before anything happens
- ``checkout``  the saga's first half: key, reservation, pending order; another payment of a declined order
- ``saga``      its second half, from any step: authorise, sell the stock, capture, confirm; or take it all back
- ``answers``   what a checkout answers, and what its repetitions get
- ``cancelling``  taking back an order that was not shipped
- ``worker``    carries on what was left open
- ``watching``  following the status of orders, for subscriptions
- ``facts``     the events the room tells others
"""
