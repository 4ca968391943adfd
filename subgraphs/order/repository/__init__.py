"""Every SQL statement of the order room, by subject; functions take keys in batches and answer records.

- ``carts``    baskets, read in batches and edited under their row lock
- ``orders``   orders with their items and history, in batches and pages
- ``order_changes``  placing an order, moving it on under its row lock
- ``sagas``    how far each checkout has come
- ``erasure``  taking a person out of orders
- ``sales``    figures over orders: who bought what, units sold, a customer's statistics
"""
