"""``stoa backup`` and ``stoa restore``: each database at one moment, and back (S-061 to S-068, S-116).

- ``tools``     pg_dump, pg_restore and psql of the PostgreSQL wheel, which read every server from 15 to 18
- ``contents``  what a database holds, as digests that two databases can be compared by
- ``manifest``  what is written beside the dumps
- ``archive``   taking a backup, keeping the newest
- ``restore``   loading one into a fresh database, comparing, and swapping it in by rename
- ``command``   the command line

A backup is a directory ``YYYYmmdd_HHMMSS`` with ``<db>_YYYYmmdd_HHMMSS.dump`` per database and ``manifest.json``. It
gets that name when it is whole and on disk: whatever is called so can be restored. Each database is consistent in
itself; the six are dumped one after the other, so after a restore `stoa events republish` and `stoa reconcile` bring
them together. Roles and passwords are not in it (`stoa bootstrap` makes them), nor are Redis and the signing keys.
"""

from ops.backup.archive import backup
from ops.backup.manifest import BackupError, whole_backups
from ops.backup.restore import RestoreError, restore, verify

__all__ = ["BackupError", "RestoreError", "backup", "restore", "verify", "whole_backups"]
