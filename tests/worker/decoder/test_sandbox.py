"""What a child can still do once it is locked down; tried in a real child."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest

from core.errors import UnreadableMedia
from tests.worker.decoder.decoders import obedient_pool, obey
from worker.decoder import sandbox
from worker.decoder.pool import DecoderPool
from worker.decoder.sandbox import Protection

linux_only = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="seccomp has a table for Linux on x86_64 and aarch64",
)


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with obedient_pool() as made:
        yield made


@linux_only
@pytest.mark.parametrize(
    "order",
    [
        "read-file",
        "read-parent",
        "write-file",
        "open-socket",
        "unix-socket",
        "fork",
        "run-program",
        "kill-parent",
    ],
)
def test_a_child_can_neither_open_connect_start_nor_kill_anything(
    pool: DecoderPool, order: str
) -> None:
    with pytest.raises(UnreadableMedia, match=r"^PermissionError$"):
        obey(pool, order)


def test_a_child_has_a_bounded_memory(pool: DecoderPool) -> None:
    with pytest.raises(UnreadableMedia, match=r"^MemoryError$"):
        obey(pool, "take-memory")


def test_a_child_can_not_raise_its_own_limit(pool: DecoderPool) -> None:
    with pytest.raises(UnreadableMedia, match=r"^(ValueError|PermissionError)$"):
        obey(pool, "raise-limit")


def test_a_child_can_start_the_threads_that_codecs_need(pool: DecoderPool) -> None:
    with pytest.raises(UnreadableMedia, match="it worked"):
        obey(pool, "start-thread")


def test_a_child_knows_nothing_of_the_workers_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEEPFAKE_REDIS_URL", "redis://:secret@example.test/0")
    with obedient_pool() as pool, pytest.raises(UnreadableMedia) as caught:
        obey(pool, "environment")
    allowed = {"LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS"}
    allowed |= {"OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}
    assert set(str(caught.value).split()) <= allowed


LOCK_DOWN = """
from worker.decoder import sandbox
from worker.decoder.sandbox import SECOND_FENCE, Protection
held = {*sandbox.renounce(), *sandbox.lock_down(1 << 30)}
assert set(Protection) - held <= SECOND_FENCE, set(Protection) - held
print("held")
"""


@linux_only
def test_every_protection_but_those_of_newer_kernels_holds_here() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOCK_DOWN], capture_output=True, text=True, check=False
    )
    assert done.stdout == "held\n", done.stderr


CAPABILITIES = """
from pathlib import Path
from worker.decoder import sandbox
sandbox.renounce()
print(Path("/proc/self/status").read_text(), Path("/proc/self/oom_score_adj").read_text())
"""


@linux_only
def test_a_child_has_no_capability_and_is_the_first_to_go_when_memory_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CAPABILITIES], capture_output=True, text=True, check=True
    )
    held = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert {held["CapInh"], held["CapPrm"], held["CapEff"]} == {"0" * 16}
    assert done.stdout.split()[-1] == "1000"


def test_a_protection_that_the_kernel_refuses_is_missing_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise OSError("this kernel has none")

    assert not sandbox._holds(Protection.SYSTEM_CALLS, refuse)
    assert "listed-system-calls-only does not hold: this kernel has none" in capsys.readouterr().err


def test_a_child_whose_parent_is_gone_already_ends_itself() -> None:
    stranger = os.getpid() + 1
    code = f"from worker.decoder import sandbox; sandbox.die_with_parent({stranger}); print('on')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
