"""A process's wall clock can be set while it runs, and its monotonic clock goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.chaos.clocks import NOTICED_S, Clock, faketime_library

LIBRARY = faketime_library()
TELL = """
import time
while input():
    print(time.time() - time.monotonic(), flush=True)
"""


@pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed")
def test_only_the_wall_clock_is_set(tmp_path: Path) -> None:
    assert LIBRARY is not None
    clock, told = Clock(tmp_path / "clock", LIBRARY), list[float]()
    with subprocess.Popen(
        [sys.executable, "-c", TELL],
        env={**os.environ, **clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for ahead_s in (0.0, 3600.0):
            clock.set(ahead_s)
            time.sleep(len(told) * 1.2 * NOTICED_S)
            child.stdin.write("tell\n")
            child.stdin.flush()
            told.append(float(child.stdout.readline()))
        child.kill()
    assert told[1] - told[0] == pytest.approx(3600, abs=10)
