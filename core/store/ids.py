"""Names of what is kept."""

from __future__ import annotations

import secrets
import time
from typing import Final

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(kind: str) -> str:
    """``kind_`` and a ULID, which sorts by creation and cannot be guessed.

    A ULID has 48 bits of milliseconds and 80 random ones. The first 10 of these hold 1/1024 ms
    here, as RFC 9562, section 6.2, method 3 does it, so that what one process makes within a
    millisecond sorts by creation, too. 70 random bits remain.
    """
    ticks = time.time_ns() * 1024 // 1_000_000
    number = ticks << 70 | secrets.randbits(70)
    digits = [_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{kind}_{''.join(digits)}"
