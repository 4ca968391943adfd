"""A Federation 2 router. Nothing in it knows the shop: it composes and serves any subgraphs.

Four artifacts, each a package that builds, reads and prints itself, and three verbs between them:

- ``specs``: federation, link, join and the shared specifications as data
- ``supergraph``: who resolves which field, read from supergraph SDL; the API schema
- ``query_graph``: nodes and edges that satisfiability and planning walk
- ``query_plan``: what is fetched, in which order, and the shape of the response
- ``composition``: subgraph schemas to supergraph SDL, errors and hints
- ``planner``: an operation to a query plan
- ``executor``: a query plan to a response
- ``gateway``: the verbs strung on an HTTP request
- ``__main__``: the same from the command line

A module imports what stands above it in this list, except that ``composition``, ``planner`` and ``executor`` do not
import each other.
"""
