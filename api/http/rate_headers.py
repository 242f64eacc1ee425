"""The header fields that tell how fast a client may go on.

They are those of draft-ietf-httpapi-ratelimit-headers-11.
"""

from __future__ import annotations

from core.store.rates import RateStanding


def rate_headers(standings: list[RateStanding]) -> dict[str, str]:
    """The two fields, as structured lists (RFC 9651); none without a standing."""
    if not standings:
        return {}
    left = (f'"{one.policy.name}";r={one.left};t={one.reset_s}' for one in standings)
    rules = (
        f'"{one.policy.name}";q={one.policy.limit};w={one.policy.window_s}' for one in standings
    )
    return {"RateLimit": ", ".join(left), "RateLimit-Policy": ", ".join(rules)}
