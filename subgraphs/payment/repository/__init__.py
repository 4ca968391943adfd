"""Every SQL statement of the payment room; reads take keys in batches, writes belong to the caller's transaction.

- ``payments``  the one payment of each order
- ``attempts``  tries to authorise it
- ``refunds``   what was given back of it
- ``methods``   stored ways to pay
- ``messages``  what the providers' webhooks told
"""
