"""What one Redis is busy with for a job, in seconds of its processor; measured, never guessed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

CHANGES: Final = 5  # of a job that all gateways hear: made, taken, two stages, ended
LOOKS_ON_CHANGES: Final = 4  # of the gateway whose client waits, after the first look


@dataclass(frozen=True, slots=True)
class RedisTimes:
    """Seconds of Redis for each call; ``event_s`` is for each change and each gateway."""

    submit_s: float  # open, append, create, and the bell
    take_s: float
    work_s: float  # quarantine, two stages
    finish_s: float
    look_s: float
    renew_s: float
    beat_s: float
    reap_s: float
    ring_s: float
    event_s: float
    in_mib_s: float  # of an upload, beside the calls themselves
    out_mib_s: float

    def job_s(self, *, gateways: int, mib: float = 0.0, service_s: float = 0.0) -> float:
        """Seconds of Redis for one job, from its upload to the last look of its client."""
        calls = self.submit_s + self.take_s + self.work_s + self.finish_s
        looks = (1 + LOOKS_ON_CHANGES) * self.look_s
        renewals = int(service_s / 0.5) * self.renew_s
        events = CHANGES * gateways * self.event_s
        return calls + looks + renewals + events + mib * (self.in_mib_s + self.out_mib_s)

    def idle_s(self, workers: int) -> float:
        """Seconds of Redis in each second that workers take without any job."""
        return workers * (self.beat_s / 5 + self.reap_s / 3.75 + self.ring_s / 2)

    @classmethod
    def none(cls) -> Self:
        """A Redis that takes no time: what is left is the queue in front of the workers."""
        return cls(*[0.0] * 12)

    @classmethod
    def read(cls, file: Path) -> Self:
        return cls(**json.loads(file.read_text()))

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=2) + "\n")
