"""What happens in user when something happened elsewhere. Each handler runs once per event, in its transaction."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events
from subgraphs.kernel.refusals import Invalid
from subgraphs.user import repository
from subgraphs.user.domain import DEFAULT_LANGUAGE, PreferencesChange, language_tag
from subgraphs.user.service import preferences_updated
from subgraphs.user.tables import DB


async def on_registered(event: Event, _room: RunningRoom) -> None:
    """Give a new account its profile, with the names it registered with, and its preferences (S-021, D48).

    Somebody who has, or had, a profile keeps what there is: a registration told again revives nobody.
    """
    user_id = UUID(event.payload["user_id"])
    first_name, last_name = str(event.payload["first_name"]), str(event.payload["last_name"])
    if not await repository.insert_profile(user_id, first_name, last_name, event.occurred_at):
        return
    change = PreferencesChange(language=_language(event.payload.get("locale")))
    preferences = await repository.merge_preferences(user_id, change)
    await write_events(DB, preferences_updated(user_id, preferences))


def _language(raw: object) -> str:
    """The language asked for; an odd one must not keep the account from getting its profile."""
    try:
        return language_tag(str(raw), path=["language"]) if raw else DEFAULT_LANGUAGE
    except Invalid:
        return DEFAULT_LANGUAGE
