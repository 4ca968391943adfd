"""The product subgraph: the catalog with its categories, stock and search, and what customers say about it.

It owns the entities Product, Category and Review, adds ``reviews`` and ``productsToReview`` to User, and only refers to
PublicProfile. Stock is held for orders through hidden operations (shop.md §5); purchases are a projection of the order
service's deliveries. Modules in order of control flow:

- ``app``         the ASGI application
- ``api``         the federation schema: types, queries, mutations, subscriptions
- ``loaders``     this request's DataLoaders
- ``cache``       hot reads kept in Redis; ``cache_changes``: dropped when they change
- ``service``     use cases: catalog, categories, stock; reviews, votes, moderation; holding stock for orders
- ``events``      what happens here when an order was delivered
- ``repository``  every SQL statement: products, listings, search, categories, reviews, reservations, purchases
- ``domain``      rows and rules: filters, reviews, stock
- ``upkeep``      how long each table keeps its rows
- ``tables``      the database and its tables

An inactive or archived product is hidden from customers in every query and list. A *reference* to it, from an order, a
cart or a review, still answers with ``active: false``: history stays readable and a cart can warn.
"""
