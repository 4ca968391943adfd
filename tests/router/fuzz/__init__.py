"""The router against one plain schema: random supergraphs, data, operations and faults.

Everything follows from a seed. ``python -m tests.router.fuzz --seed 1 --operations 1000`` runs a campaign; a failing
case is shrunk and written as a Python file that runs by itself. In order of control flow:

- ``campaign``: many cases in a row
- ``supergraphs``: random subgraphs that should compose
- ``operations``, ``arguments``: random operations that are valid for an API schema
- ``faults``: what goes wrong with a request to a subgraph
- ``case``: compose, plan and execute one operation
- ``sdl``, ``world``: subgraph SDL read a second time, and the data that follows from it
- ``subgraph``: a subgraph that answers from the data what it may be asked, and refuses the rest
- ``oracle``: the true answer, by graphql-core on the API schema
- ``check``: what is wrong with an answer, given the truth and what failed
- ``measure``: how large operations and plans are
- ``deferred``: the same of an answer that came bit by bit
- ``shrink``: the smallest case that still fails
- ``report``: what a campaign has found, for programs to read
"""
