"""What was measured, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.peers.load import Round


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds between the least and the most."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one value at least."""
        return cls(median(values), min(values), max(values))


@dataclass(slots=True)
class Figures:
    """Of one system: its rounds by film, in the order in which they were measured.

    ``missing`` says why there are none.
    """

    name: str
    peer: bool
    first_answer_s: float = 0.0
    resident_mib: float = 0.0
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    missing: str = ""

    def per_minute(self, film: str) -> Spread:
        """Films a minute."""
        return Spread.of(self.rates(film))

    def answer_s(self, film: str) -> Spread:
        """Median times to an answer."""
        return Spread.of([each.answer_s for each in self.rounds[film]])

    def rates(self, film: str) -> list[float]:
        """Films a minute of each round."""
        return [each.per_minute for each in self.rounds[film]]


def best_peer(figures: Sequence[Figures], film: str) -> Figures | None:
    """The peer with the highest median; None when no peer was measured."""
    peers = [each for each in figures if each.peer and not each.missing]
    return max(peers, key=lambda each: each.per_minute(film).middle, default=None)


def ratio(of: Figures, to: Figures, film: str) -> Spread:
    """How many times as many films, round by round: two that stand beside each other in time."""
    pairs = zip(of.rates(film), to.rates(film), strict=True)
    return Spread.of([mine / theirs for mine, theirs in pairs])


def ratios_to_best(figures: Sequence[Figures], film: str) -> Mapping[str, Spread]:
    """The ratio of each system to the best peer, by name; empty when no peer was measured."""
    best = best_peer(figures, film)
    if best is None:
        return {}
    return {each.name: ratio(each, best, film) for each in figures if not each.missing}
