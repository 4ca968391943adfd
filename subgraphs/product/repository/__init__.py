"""Every SQL statement of the room, batched by keys, answering rows of ``domain``.

- ``conditions``    a WHERE clause made of constant fragments and numbered parameters
- ``products``      products by id, SKU and slug; images, specifications, rating histograms, related products
- ``listings``      sort orders, filters, pages and counts of product lists
- ``search``        full text search: page, count, facets
- ``spelling``      the vocabulary of the search; ``trigrams``: likeness by trigrams, where the server has them
- ``categories``    the category tree; pages of products per category
- ``catalog_writing``  writing products and their stock; ``category_writing``: the tree
- ``reviews``       pages of reviews
- ``review_writing``  writing reviews and votes
- ``reservations``  stock held for orders
- ``purchases``     what was delivered to whom
"""
