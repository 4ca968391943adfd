"""Rows of the auth and user databases: accounts, profiles, addresses, preferences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ops.seed.rows import Row, Table
from ops.seed.world import EPOCH, Person, World, entity_id

__all__ = ["DEMO_PASSWORD", "tables"]

DEMO_PASSWORD = "a-stroll-in-the-stoa"  # noqa: S105 - printed at every start, for demo accounts only


def tables(world: World, password_hash: str) -> tuple[Table, ...]:
    """``password_hash`` is the one of ``DEMO_PASSWORD``; all demo accounts share it."""
    people = world.person_count
    return (
        Table(
            "auth",
            "users",
            "id email password_hash is_verified is_active role last_login_at created_at updated_at",
            people,
            lambda: users(world.people(), password_hash),
        ),
        Table(
            "user",
            "user_profiles",
            "id user_id first_name last_name phone_number avatar_url date_of_birth created_at updated_at",
            people,
            lambda: profiles(world.people()),
        ),
        Table(
            "user",
            "user_addresses",
            "id user_id address_type recipient street city state zip_code country phone is_default "
            "created_at updated_at",
            people * 2,
            lambda: addresses(world.people()),
        ),
        Table(
            "user",
            "user_preferences",
            "id user_id email_notifications sms_notifications push_notifications currency language theme "
            "created_at updated_at",
            people,
            lambda: preferences(world.people()),
        ),
    )


def users(people: Iterable[Person], password_hash: str) -> Iterator[Row]:
    for person in people:
        yield (
            person.id,
            person.email,
            password_hash,
            person.verified,
            True,
            person.role,
            EPOCH if person.index % 3 == 0 else None,
            person.joined_at,
            person.joined_at,
        )


def profiles(people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        avatar = f"https://images.example.com/people/{person.index}.webp" if person.index % 4 else None
        yield (
            entity_id("profile", person.index),
            person.id,
            person.first_name,
            person.last_name,
            person.phone,
            avatar,
            person.born,
            person.joined_at,
            person.joined_at,
        )


def addresses(people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        city, state, zip_code, country = person.place
        for kind in ("shipping", "billing"):
            yield (
                entity_id(f"{kind} address", person.index),
                person.id,
                kind,
                f"{person.first_name} {person.last_name}",
                person.street,
                city,
                state,
                zip_code,
                country,
                person.phone,
                True,
                person.joined_at,
                person.joined_at,
            )


def preferences(people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        yield (
            entity_id("preferences", person.index),
            person.id,
            person.index % 7 != 0,
            person.index % 5 == 0,
            True,
            "USD",
            ("en", "en", "pt-BR", "de")[person.index % 4],
            ("light", "dark", "system")[person.index % 3],
            person.joined_at,
            person.joined_at,
        )
