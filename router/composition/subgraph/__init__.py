"""One subgraph at a time: stages 1 to 4 of composition, up to schemas that can be merged.

- ``subgraph``: the source given and the subgraph read.
- ``read``: parse, links, GraphQL validity, root names.
- ``expand``, ``definitions``, ``graphql_rules`` (on ``sdl_visitor``), ``literals``, ``defaults``: the parts of reading.
- ``usage``: what the subgraph does with each field.
- ``rules``: the federation rules, one file per concern.
- ``upgrade``, ``inactive_field_sets``: a federation 1 schema made federation 2.
"""
