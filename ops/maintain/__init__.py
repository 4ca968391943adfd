"""``stoa maintain``: VACUUM, ANALYZE and REINDEX where they are due (S-090, S-114); ``stoa indexes``: what is read.

- ``state``    what a database holds: tables, indexes with an estimate of their bloat, and what broken builds left
- ``work``     the maintenance of one database, statement by statement
- ``index_use``  which indexes nothing reads (S-110)
- ``command``  the command lines

It works beside the running shop: all but ``--full`` takes locks that neither readers nor writers wait for.
"""

from ops.maintain.work import Limits, Maintained, MaintenanceError, maintain

__all__ = ["Limits", "Maintained", "MaintenanceError", "maintain"]
