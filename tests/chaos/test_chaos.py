"""The short form of a run: some jobs, one fault of most kinds, and nothing is lost."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.chaos.plan import FaultKind
from tests.chaos.report import report
from tests.chaos.run import Outcome, Setup, run

JOBS = 24
KINDS = (
    FaultKind.KILL_WORKER,
    FaultKind.KILL_GATEWAY,
    FaultKind.KILL_SENDER,
    FaultKind.RESTART_REDIS,
    FaultKind.FULL_MEMORY,
    FaultKind.FULL_DISK,
)


def test_no_job_is_lost_and_nothing_is_left_behind_whatever_is_killed() -> None:
    setup = Setup(
        seed=1,
        jobs=JOBS,
        clients=12,
        workers=2,
        kinds=KINDS,
        rounds=1,
        longest_s=1.0,
        frames=3,
        pace_s=0.3,
    )
    # Short, as the path of a socket has 107 characters.
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        outcome = asyncio.run(run(setup, Path(folder)))
        assert not outcome.broken, told(outcome, Path(folder))
    assert {event.data["fault"] for event in outcome.log.of_kind("fault")} == set(KINDS)


def told(outcome: Outcome, folder: Path) -> str:
    """The report, and the end of what each process logged."""
    logs = [
        f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}"
        for log in sorted(folder.glob("*.log"))
    ]
    return "\n".join([*report(outcome), *logs])
