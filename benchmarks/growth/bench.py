"""What the tables of films share: the shelf, the judge, and how thorough they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.growth.films import Film
from benchmarks.growth.judging import Cost, Judge
from benchmarks.growth.shelf import Shelf
from benchmarks.growth.tables import medians_of
from core.options import Sampling


@dataclass(frozen=True)
class Bench:
    """``short`` leaves out what takes long; ``say`` hears of each figure."""

    shelf: Shelf
    rounds: int
    short: bool
    say: Callable[[str], object]

    @cached_property
    def judge(self) -> Judge:
        """Loaded when all films are there, so that no encoder shares the memory."""
        return Judge.load()

    def costs(
        self, films: Sequence[Film], sampling: Sampling = Sampling.KEYFRAMES
    ) -> Iterable[Cost]:
        """Of each film in turn."""
        for film in films:
            cost = self.judge.cost(self.shelf.read(film), sampling, self.rounds)
            self.say(
                f"{film.file_name}, {sampling}: {cost.cpu_s:.2f} s of the processor, "
                f"{cost.wall_s:.2f} s, {cost.crops} crops"
            )
            yield cost

    @property
    def conditions(self) -> str:
        return (
            f"One process that holds its networks judges each film, ten frames of it: "
            f"{medians_of(self.rounds)} after one that is not counted, in processor time over all "
            "threads."
        )
