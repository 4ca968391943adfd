"""What a started shop says: where it is, who can log in, where the data lives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.seed.accounts import DEMO_PASSWORD
from ops.seed.world import World

__all__ = ["banner"]


def banner(host: str, port: int, environ: Mapping[str, str], data: Path) -> str:
    """Plain text: it must also read well in a log."""
    people = [World().person(index) for index in range(6)]
    logins = "\n".join(f"    {person.email:<28}{person.role}" for person in people)
    return f"""
Stoa is open.

  Graph and GraphiQL   http://{host}:{port}/graphql
  Health               http://{host}:{port}/health
  PostgreSQL           {environ.get("AUTH_DATABASE_HOST") or environ.get("DATABASE_HOST")}
  Redis                {environ["REDIS_URL"]}
  Mail                 {environ.get("STOA_MAIL_PAGE") or environ.get("NOTIFICATION_SMTP_HOST")}
  Data                 {data.resolve()}

  Demo logins, all with the password {DEMO_PASSWORD}
{logins}

Press Ctrl-C to stop. The next start finds the data again.
"""
