"""Stage 7: every query of the API can be planned (Federation docs, "Composition Rules", section "Unresolvable field
example").

- ``check``: one walk per combination of override labels that matters; errors and hints.
- ``walk``: the states a query can lead to, breadth first, so that the shortest failing query is the one reported.
- ``options``: from which subgraphs a field of an object can be read.
- ``setting``: which contexts objects set for what is below them.
- ``reachability``: where keys lead, and what can be read on the way.
- ``explain``: why none can, in words.
- ``missing_link``: the smallest change after which one can; ``candidates`` for it, and the ``edits`` they are made of.
"""
