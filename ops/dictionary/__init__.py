"""``stoa dictionary``: every table and column of the six databases in words, as docs/data-dictionary (S-129).

- ``catalog``  what a migrated database says of itself
- ``pages``    the pages; which of them are stale, told without a server
- ``command``  the command line: migrates empty databases of a server of its own and writes the pages
"""
