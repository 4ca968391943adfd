"""The demo shop: deterministic, consistent over six databases, of any size.

- ``words``     the vocabulary
- ``world``     the facts: who exists, what is sold, what was bought and said
- ``rows``      a table's worth of rows
- ``accounts``  auth and user; ``catalog`` product; ``trade`` order and payment; ``inbox`` notification
- ``load``      COPY into databases that are empty
"""
