"""The header ``traceparent`` of W3C Trace Context, which a caller may have made up."""

from __future__ import annotations

import re
from typing import Final

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_of(text: str | None) -> str | None:
    """The header as it was sent when it is well formed, else None: a new trace begins then."""
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None


def trace_id_of(traceparent: str | None) -> str | None:
    """The id of the trace, as tracing systems show it."""
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    return None if found is None else found[1]
