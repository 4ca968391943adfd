"""Queries of user: public profiles, and what an address of a country needs."""

from uuid import UUID

import strawberry

from subgraphs.kernel.context import Info
from subgraphs.kernel.postal import rule_of
from subgraphs.user import addresses
from subgraphs.user.api.entities import PublicProfile, public_profile
from subgraphs.user.api.types import AddressRules


@strawberry.type(description="Entry points of reading.")
class Query:
    @strawberry.field(description="What an address of a country needs; the country is an ISO 3166-1 code.")
    def address_rules(self, country: str) -> AddressRules:
        rule = rule_of(addresses.country_code(country, path=["country"]))
        return AddressRules(
            required_fields=addresses.required_fields(rule),
            postcode_pattern=f"^{rule.postcode}$" if rule.postcode else None,
            states=rule.state_names,
        )

    @strawberry.field(description="What everybody may know about a person; null if there is none.")
    async def public_profile(self, info: Info, id: strawberry.ID) -> PublicProfile | None:
        try:
            return await public_profile(info, UUID(id))
        except ValueError:
            return None
