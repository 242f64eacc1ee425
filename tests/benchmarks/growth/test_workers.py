from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.growth.workers import Done, pinned, spent_s, table

TELL = "import os; print(sorted(os.sched_getaffinity(0)))"
BURN = """
import subprocess, sys, time
child = "import time\\nwhile time.process_time() < 0.3: pass"
subprocess.run([sys.executable, "-c", child])
print("done", flush=True)
input()
"""


def test_what_is_started_while_pinned_stays_on_its_core() -> None:
    before = os.sched_getaffinity(0)
    core = max(before)
    with pinned(core):
        told = subprocess.run([sys.executable, "-c", TELL], capture_output=True, check=True)
    assert told.stdout.decode().strip() == f"[{core}]"
    assert os.sched_getaffinity(0) == before


def test_the_time_of_children_that_ended_counts() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", BURN], stdin=pipe, stdout=pipe) as burning:
        assert burning.stdout is not None
        assert burning.stdin is not None
        burning.stdout.readline()
        assert spent_s([burning.pid]) >= 0.3
        burning.stdin.close()


def test_the_table_tells_rates_and_how_they_grow() -> None:
    seen = [
        Done(workers=1, cores=1, jobs=10, seconds=60, cpu_s=10),
        Done(workers=2, cores=2, jobs=20, seconds=60, cpu_s=20),
        Done(workers=4, cores=2, jobs=40, seconds=60, cpu_s=40),
    ]
    lines = table(seen).split("\n")
    assert lines[2] == "| 1 | 1 | 10 | 1.000 | 60 |"
    assert lines[-1] == "| exponent | | 1.00 (1.00 to 1.00) | 0.00 (0.00 to 0.00) | |"
    assert seen[0].per_minute == pytest.approx(10)
