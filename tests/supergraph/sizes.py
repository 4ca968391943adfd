"""How large the hard scenarios of the shop specification (§7) are: small in ordinary runs, as stated with STOA_LONG."""

from __future__ import annotations

import os

LONG = "STOA_LONG" in os.environ

RUSH_UNITS, RUSH_BUYERS = (37, 200) if LONG else (9, 40)
CROSSED_BASKETS = 300 if LONG else 30
CLICKS = 50
SILENT_SECONDS = 30 if LONG else 6
REFUNDS = 10
