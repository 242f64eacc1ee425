"""Names in the state of a request, which the copies of its scope share."""

from __future__ import annotations

from typing import Final

ROUTE: Final = "route"  # what answers it; None when no route does
RATES: Final = "rates"  # where its tenant stands with the rates that it counts for
KEY: Final = "key"  # the id of the key of Redis that it came with; absent for other callers
PROBLEM: Final = "problem"  # the type of the problem that was answered
