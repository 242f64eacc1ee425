"""What a run does, drawn from its seed: which jobs, and which faults in which order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from typing import Final

from tests.chaos.samples import NAMES


class FaultKind(StrEnum):
    """What goes wrong, and to whom."""

    KILL_WORKER = "kill worker"
    PAUSE_WORKER = "pause worker"
    KILL_DECODER = "kill decoder"
    KILL_GATEWAY = "kill gateway"
    PAUSE_GATEWAY = "pause gateway"
    KILL_SENDER = "kill sender"
    PAUSE_SENDER = "pause sender"
    RESTART_REDIS = "restart redis"
    PAUSE_REDIS = "pause redis"
    CUT_REDIS = "cut redis"
    FULL_MEMORY = "full memory"
    FULL_DISK = "full disk"
    STEP_WORKER = "step worker"
    STEP_GATEWAY = "step gateway"
    STEP_SENDER = "step sender"
    STEP_REDIS = "step redis"
    UNPLUG_WORKER = "unplug worker"
    UNPLUG_GATEWAY = "unplug gateway"
    UNPLUG_SENDER = "unplug sender"
    UNPLUG_REDIS = "unplug redis"
    SILENCE_WORKER = "silence worker"
    SILENCE_GATEWAY = "silence gateway"
    SILENCE_SENDER = "silence sender"
    SILENCE_REDIS = "silence redis"


# What sets clocks needs a C compiler, and what cuts machines off needs namespaces of the network.
STEPS: Final = tuple(kind for kind in FaultKind if kind.startswith("step "))
CUTS: Final = tuple(kind for kind in FaultKind if kind.startswith(("unplug ", "silence ")))
ANYWHERE: Final = tuple(kind for kind in FaultKind if kind not in (*STEPS, *CUTS))
MOST_AHEAD_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: it begins so long after the one before it has ended, and lasts so long."""

    kind: FaultKind
    after_s: float
    lasts_s: float
    target: int  # which of several processes, modulo their number
    ahead_s: int = 0  # where a clock is set: what it differs from the machine's from then on


@dataclass(frozen=True, slots=True)
class JobPlan:
    """One file, how it is sent, and what its client does then."""

    number: int
    sample: str
    queue: str
    evidence: bool
    slow: bool  # the body comes in drops
    follow: str  # wait, poll or events
    ending: str  # read, cancel or delete
    again: bool  # it is sent once more after it was accepted
    gateway: int  # that is asked first
    in_pieces: bool = False  # as a resumable upload


# How long each lasts: longer than a lease where somebody hangs, so that jobs change hands.
_LASTS_S: Final = {
    FaultKind.KILL_WORKER: (0.2, 1.0),
    FaultKind.PAUSE_WORKER: (1.0, 10.0),
    FaultKind.KILL_DECODER: (0.2, 1.0),
    FaultKind.KILL_GATEWAY: (0.2, 1.0),
    FaultKind.PAUSE_GATEWAY: (1.0, 5.0),
    FaultKind.KILL_SENDER: (0.2, 1.0),
    FaultKind.PAUSE_SENDER: (1.0, 4.0),
    FaultKind.RESTART_REDIS: (0.0, 6.0),
    FaultKind.PAUSE_REDIS: (1.0, 6.0),
    FaultKind.CUT_REDIS: (0.0, 3.0),
    FaultKind.FULL_MEMORY: (1.0, 4.0),
    FaultKind.FULL_DISK: (1.0, 4.0),
    # A clock stays as it was set until it is set again: this is the time until what comes next.
    **dict.fromkeys(STEPS, (0.5, 6.0)),
    **dict.fromkeys(CUTS, (1.0, 10.0)),
}
_AHEAD_S: Final = (MOST_AHEAD_S, -MOST_AHEAD_S, 90, -90)


def jobs_of(seed: int, number: int) -> list[JobPlan]:
    """The jobs of a run."""
    draw, pieces = random.Random(f"jobs {seed}"), random.Random(f"pieces {seed}")
    return [
        JobPlan(
            number=index,
            sample=draw.choices(NAMES, (5, 3, 3, 1))[0],
            queue=draw.choice(("interactive", "batch")),
            evidence=draw.random() < 0.15,
            slow=draw.random() < 0.05,
            follow=draw.choices(("wait", "poll", "events"), (3, 1, 2))[0],
            ending=draw.choices(("read", "cancel", "delete"), (18, 1, 1))[0],
            again=draw.random() < 0.2,
            gateway=draw.randrange(2),
            in_pieces=pieces.random() < 0.15,
        )
        for index in range(number)
    ]


def faults_of(
    seed: int, kinds: Sequence[FaultKind] = ANYWHERE, *, longest_s: float = 10.0
) -> Iterator[Fault]:
    """Faults without end: all kinds in a shuffled order, and then again in another one."""
    draw, clocks = random.Random(f"faults {seed}"), random.Random(f"clocks {seed}")
    ahead = {kind: cycle(clocks.sample(_AHEAD_S, len(_AHEAD_S))) for kind in STEPS}
    while True:
        for kind in draw.sample(kinds, len(kinds)):
            least_s, most_s = _LASTS_S[kind]
            yield Fault(
                kind=kind,
                after_s=draw.uniform(0.5, 3.0),
                lasts_s=min(draw.uniform(least_s, most_s), longest_s),
                target=draw.randrange(6),
                ahead_s=next(ahead[kind]) if kind in STEPS else 0,
            )
