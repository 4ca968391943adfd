"""The specifications a federated schema may link: their URLs, versions, names and definitions, as data.

In order of use:

- ``feature``: the URL of a specification, its identity and its version.
- ``link``: ``@link`` itself, and ``Links``, which says what every name of one schema means.
- ``definition``: one versioned definition of a directive or type, written as SDL.
- ``federation``: what a subgraph may use, per federation version.
- ``join``: what a supergraph says to a router.
- ``shared``: the features that reach the supergraph under their own name (tag, inaccessible, cost, ...).
- ``connect``: the connect specification, as far as composition looks into it.
- ``sdl``: the parser of all schema documents.
- ``service``: what every subgraph serves beside its own schema.
- ``field_set``: the selections inside ``fields:`` arguments.
- ``context_value``: the value of ``@fromContext``.
"""
