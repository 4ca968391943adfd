"""The kernel: what at least three rooms need, without tables, entities or use cases of its own. It imports no room.

Modules in order of control flow (from the environment to the answer, then what happens afterwards):

- ``settings``      RoomSettings, DatabaseSettings from the environment; SettingsError is one clear sentence
- ``refusals``      Refusal, Invalid, Missing, Forbidden, Conflict, Unavailable: plain exceptions, also for ``domain.py``
- ``database``      Database: Piccolo's engine with pool limits, ``fetch``/``execute``/``transaction``, statement log
- ``migrations``    sql_migration for migration files; Migrator and pending_migrations for `ops` and readiness
- ``ddl``           frozen SQL of the tables every database has, ``touch_trigger``, ``comments``
"""
