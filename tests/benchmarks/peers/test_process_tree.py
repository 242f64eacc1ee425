from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.peers.process_tree import ProcessTree
from tests.e2e.service import until

_CHILD_MIB = 32
_CHILD = f"""
import time
held = b"x" * ({_CHILD_MIB} * 1024**2)
print("started", flush=True)
time.sleep(60)
"""
_PARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {_CHILD!r}])
time.sleep(60)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[ProcessTree]:
    log = tmp_path / "log"
    made = ProcessTree([sys.executable, "-c", _PARENT], {}, log)
    until("the child is there", lambda: "started" in log.read_text(), 10)
    yield made
    made.close()


def _states(tree: ProcessTree) -> set[str]:
    return {each.status() for each in tree.processes()}


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # one that nobody has waited for
    except psutil.NoSuchProcess:
        return False


def test_pausing_and_resuming_reaches_all_processes(tree: ProcessTree) -> None:
    tree.pause()
    until("all are stopped", lambda: _states(tree) == {"stopped"}, 5)
    tree.resume()
    until("all go on", lambda: "stopped" not in _states(tree), 5)


def test_memory_is_that_of_all_processes(tree: ProcessTree) -> None:
    parent = tree.processes()[0].memory_full_info().pss / 1024**2
    assert parent < _CHILD_MIB < tree.resident_mib()


def test_a_tree_that_is_paused_can_be_ended_and_leaves_no_process(tree: ProcessTree) -> None:
    family = tree.processes()
    assert len(family) == 2
    tree.pause()
    tree.close()
    assert tree.ended
    until("both are gone", lambda: not any(map(_runs, family)), 10)
