"""How long user keeps what: everything it has belongs to an account and goes with it (D45)."""

from __future__ import annotations

from typing import Final

from subgraphs.kernel.upkeep import Upkeep

UPKEEP: Final = Upkeep(
    kept={
        "user_profiles": "until the account is erased",
        "user_addresses": "until the account is erased; deleted ones can be restored until then",
        "user_preferences": "until the account is erased",
    }
)
