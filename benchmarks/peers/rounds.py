"""All systems, started one after the other and measured in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from benchmarks.peers.clips import numbered
from benchmarks.peers.figures import Figures
from benchmarks.peers.load import Round
from benchmarks.peers.running import NotMeasured, Running
from benchmarks.peers.systems import Files, System

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: films of each kind in one round, sent by so many clients."""

    rounds: int
    clients: int
    films: Mapping[str, int]
    start_s: float = 180.0  # that a system may take to its first answer


class Contest:
    """Systems that run beside each other, of which only one is awake at any time.

    The others are stopped by a signal, so that what differs between two systems of a round is
    not the hour. :meth:`close` ends them all.
    """

    def __init__(self, clips: Mapping[str, bytes], files: Files, plan: Plan, say: Say) -> None:
        numbers = count()
        self._films = {name: numbered(film, numbers) for name, film in clips.items()}
        self._files, self._plan, self._say = files, plan, say
        self._running: list[tuple[Running, Figures]] = []

    def start(self, system: System, log: Path) -> Figures:
        """Start it and let every client have an answer; one that fails says why in its figures."""
        its = Figures(system.name, system.peer)
        short, clients = next(iter(self._films)), self._plan.clients
        (film,) = self._some(short, 1)
        try:
            one = Running(system, self._files, film, log, patience_s=self._plan.start_s)
        except NotMeasured as error:
            return self._fail(its, error)
        self._running.append((one, its))
        its.first_answer_s = one.first_answer_s
        self._say(f"{system.name}: first answer after {its.first_answer_s:.1f} s")
        try:
            one.round(self._some(short, clients), clients=clients)
        except NotMeasured as error:
            self._fail(its, error)
        return its

    def round(self) -> None:
        """Measure every system once with each film. A round that is cut short leaves no figures."""
        seen: list[tuple[Figures, str, Round]] = []
        for one, its in self._running:
            for film, number in self._plan.films.items():
                if its.missing:
                    continue
                try:
                    done = one.round(self._some(film, number), clients=self._plan.clients)
                except NotMeasured as error:
                    self._fail(its, error)
                    continue
                seen.append((its, film, done))
                self._say(f"{its.name}: {done.per_minute:.1f} films of {film} a minute")
            its.resident_mib = one.resident_mib()
        for its, film, done in seen:
            its.rounds.setdefault(film, []).append(done)

    def close(self) -> None:
        """End all systems."""
        for one, _ in self._running:
            one.close()

    def _some(self, film: str, number: int) -> list[bytes]:
        return list(islice(self._films[film], number))

    def _fail(self, its: Figures, error: NotMeasured) -> Figures:
        its.missing = str(error)
        self._say(f"{its.name} is left out: {error}")
        return its


def measure(
    systems: Sequence[System], contest: Contest, folder: Path, plan: Plan, say: Say
) -> list[Figures]:
    """The figures of each, in the order given; after Ctrl-C those of the rounds that are whole."""
    with closing(contest):
        figures = [
            contest.start(system, folder / f"{_slug(system.name)}.log") for system in systems
        ]
        try:
            for number in range(plan.rounds):
                say(f"round {number + 1} of {plan.rounds}")
                contest.round()
        except KeyboardInterrupt:
            if not any(each.rounds for each in figures):
                raise
            say("stopped; the figures are of the rounds before")
    return figures


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name)
