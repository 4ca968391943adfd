"""GraphQL types that every subgraph repeats identically: money, page information, ranges."""

import datetime as dt
from decimal import Decimal

import strawberry


@strawberry.federation.type(shareable=True, description="An amount of money.")
class Money:
    amount: Decimal = strawberry.field(description="The amount with the currency's exact scale, as a decimal string.")
    currency: str = strawberry.field(description="ISO 4217 code, three letters.")


@strawberry.federation.type(shareable=True, description="Where a page lies in its connection.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more edges follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether edges precede this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge.", default=None)
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge.", default=None)


@strawberry.input(description="A closed interval of decimal numbers; a missing end is open.")
class DecimalRange:
    min: Decimal | None = strawberry.field(description="Smallest accepted value.", default=None)
    max: Decimal | None = strawberry.field(description="Largest accepted value.", default=None)


@strawberry.input(description="A span of time from `from` (inclusive) to `to` (exclusive); a missing end is open.")
class TimeRange:
    from_: dt.datetime | None = strawberry.field(name="from", description="First accepted moment.", default=None)
    to: dt.datetime | None = strawberry.field(description="First moment that is too late.", default=None)


SHARED_TYPES = (Money, PageInfo, DecimalRange, TimeRange)
