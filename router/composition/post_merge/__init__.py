"""Stage 6: rules of the merged schema, which no subgraph breaks alone.

- ``implementations``: every implementation has the fields of its interfaces.
- ``authorization``: a field demands what it reaches through ``@requires`` or a context.
- ``inaccessible``: what is visible needs nothing hidden.
- ``graphql_rules``: the API schema is valid GraphQL.
"""
