"""Rows and rules of the catalog, free of frameworks and I/O.

- ``catalog``  products, categories, images, specifications; what a list can be filtered by; who sees what
- ``texts``    texts that staff write, and slugs
- ``editing``  what may be written about products; ``category_editing``: about categories
- ``reviews``  reviews, their states, what may be written
- ``stock``    lines of a reservation, its states, shortages
"""
