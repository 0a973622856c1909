"""The numbers of the one account there is."""

from __future__ import annotations

UIN = "100000000001"
"""The root account."""

APP_ID = 1_250_000_001
