"""A process's wall clock can be set while it runs, and its monotonic clock goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.clocks import Clock, build_library, why_not

TELL = """
import time
while input():
    time.sleep(0.01)
    print(time.time() - time.monotonic(), flush=True)
"""


@pytest.mark.skipif(why_not() is not None, reason=f"{why_not()}")
def test_only_the_wall_clock_is_set(tmp_path: Path) -> None:
    clock, told = Clock(tmp_path / "clock", build_library(tmp_path)), list[float]()
    with subprocess.Popen(
        [sys.executable, "-c", TELL],
        env={**os.environ, **clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for ahead_s in (0, 3600, -90):
            clock.set(ahead_s)
            child.stdin.write("tell\n")
            child.stdin.flush()
            told.append(float(child.stdout.readline()))
        child.kill()
    assert [wall - told[0] for wall in told] == pytest.approx([0, 3600, -90], abs=10)
