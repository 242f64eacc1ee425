"""Whether enough time has passed since the last time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Interval:
    """So many seconds of a clock; it begins when it is made."""

    seconds: float
    clock: Callable[[], float]
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return self.clock() - self._since >= self.seconds

    def restart(self) -> None:
        """Begin again now."""
        self._since = self.clock()
