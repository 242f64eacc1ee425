"""When the stages of one attempt began and ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; times are seconds since the epoch."""

    name: str
    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        return max(0.0, self.end_s - self.start_s)


class Timeline:
    """The stages that are over, in the order in which they ended."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note how long the block takes; a block that raises is no stage that was done."""
        start_s = time.time()
        yield
        self.stages.append(Stage(name, start_s, time.time()))

    def one_after_another(self, start_s: float, **milliseconds: float) -> None:
        """Note stages whose lengths alone are known, because they ran interleaved."""
        for name, length_ms in milliseconds.items():
            end_s = start_s + length_ms / 1000
            self.stages.append(Stage(name, start_s, end_s))
            start_s = end_s
