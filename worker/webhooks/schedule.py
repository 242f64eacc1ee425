"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

JITTER: Final = 0.1  # of a pause, up or down, so that a receiver that comes back is not run over
MOST_PAUSE_S: Final = 24 * 3600.0  # whatever Retry-After says


def pause_s(retries_s: Sequence[float], attempt: int, retry_after_s: float | None) -> float | None:
    """Seconds from the end of try ``attempt`` (1 is the first) to the next; None to give up."""
    if attempt > len(retries_s):
        return None
    planned = retries_s[attempt - 1] * (1 + JITTER * random.uniform(-1, 1))  # noqa: S311
    return max(planned, min(retry_after_s or 0.0, MOST_PAUSE_S))


def retry_after_s(value: str | None) -> float | None:
    """What a Retry-After header asks for, in seconds or as a date; None where it says nothing."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
