"""Names in the state of a request, which the copies of its scope share."""

from __future__ import annotations

from typing import Final

ROUTE: Final = "route"  # what answers it; None when no route does
PROBLEM: Final = "problem"  # the type of the problem that was answered
