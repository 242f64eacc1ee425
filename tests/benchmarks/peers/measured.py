"""Figures made up for tests."""

from __future__ import annotations

from benchmarks.peers.figures import Figures
from benchmarks.peers.load import Round


def measured(name: str, *per_minute: float, peer: bool = True, film: str = "10 s") -> Figures:
    """A system with one round of two films for each rate; the second answer comes at its end."""
    rounds = [Round((60 / rate, 120 / rate), 120 / rate) for rate in per_minute]
    return Figures(name, peer, first_answer_s=4.25, resident_mib=1234.5, rounds={film: rounds})
