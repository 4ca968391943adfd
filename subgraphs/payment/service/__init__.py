"""Use cases of the payment room, in the order of a payment's life: who may, transaction, rule, event.

- ``methods``    stored means of payment
- ``charging``   holding the amount of an order
- ``settling``   taking what is held; giving an order's payment up
- ``refunding``  giving money back
- ``messages``   what the provider tells by itself
- ``forgetting`` what was removed leaves the provider; a person leaves the books
- ``worker``     what is in doubt, orphaned or under way
- ``recording``  the one place where news of an attempt is written down
- ``outcomes``   what the order service is told
- ``facts``      the events the room tells others
"""
