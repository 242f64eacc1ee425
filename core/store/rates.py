"""How many requests a tenant may send within a sliding window, counted over all gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Self

from redis import Redis

from core.store.keys import PREFIX
from core.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """At most ``limit`` within any ``window_s`` seconds."""

    name: str
    limit: int
    window_s: int = 60

    def counted_for(self, tenant: str) -> str:
        """What it is counted under."""
        return f"{tenant}:{self.name}"


@dataclass(frozen=True, slots=True)
class RateStanding:
    """Where a tenant stands with a policy after it has asked.

    ``left`` more are let through within the next ``reset_s`` seconds; where what was asked for was
    not ``allowed``, it would be after them.
    """

    policy: RatePolicy
    allowed: bool
    left: int
    reset_s: int

    @classmethod
    def of(cls, policy: RatePolicy, answer: Sequence[int]) -> Self:
        """Read what a script answers."""
        allowed, left, reset_ms = answer
        return cls(policy, bool(allowed), int(left), max(1, ceil(int(reset_ms) / 1000)))


class RateStore:
    """A log of the times of what was let through, so the window slides and the count is exact.

    What is refused is not counted. Each entry takes about 10 bytes.
    """

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        self._run = Scripts(redis, "rate", ("take",), prefix=prefix)

    def take(self, tenant: str, policy: RatePolicy, count: int = 1) -> RateStanding:
        """Count ``count`` of them, all or none; raises StoreUnavailable when Redis is away."""
        window_ms = policy.window_s * 1000
        answer = self._run("take", policy.counted_for(tenant), policy.limit, window_ms, count)
        return RateStanding.of(policy, answer)
