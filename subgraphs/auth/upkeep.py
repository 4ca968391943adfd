"""How long auth keeps what (D45)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from subgraphs.kernel.upkeep import Retention, Upkeep

UPKEEP: Final = Upkeep(
    retention=(
        # A month after its end a token tells no more about an attack than its family's entry in the audit trail.
        Retention("refresh_tokens", "expires_at", timedelta(days=30)),
        Retention("password_reset_tokens", "expires_at", timedelta(days=30)),
        Retention("email_verification_tokens", "expires_at", timedelta(days=30)),
        Retention("email_change_tokens", "expires_at", timedelta(days=30)),
        Retention("attempts", "updated_at", timedelta(days=2), "blocked_until < $1"),
        Retention("sessions", "expires_at", timedelta(days=90)),
    ),
    kept={
        "users": "an account lasts until it is erased, its empty row for ever: its id may stand in a backup",
        "erasures": "the proof that a person was forgotten, and what a restored backup has to forget again",
    },
)
