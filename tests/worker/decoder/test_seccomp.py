"""The list of system calls: what is not in it is refused, in a real locked-down process."""

from __future__ import annotations

import errno
import json
import platform
import subprocess
import sys

import pytest

from tests.worker.decoder.attempts import COLUMN, REFUSED, STILL_WORKS
from tests.worker.decoder.refused_calls import CALLS
from worker.decoder import seccomp
from worker.decoder.system_calls import ALLOWED

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="seccomp has a table for Linux on x86_64 and aarch64",
)
RAW = {
    f"{group}-{name}": name
    for group, calls in CALLS.items()
    for name, numbers in calls.items()
    if numbers[COLUMN] is not None
}


@pytest.fixture(scope="module")
def met() -> dict[str, int]:
    """What every attempt met, by name: an errno, 0 where it worked."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.worker.decoder.attempts"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", RAW.values(), ids=list(RAW))
def test_a_call_that_decoding_does_not_need_is_refused(met: dict[str, int], name: str) -> None:
    assert name not in ALLOWED
    assert errno.errorcode[met[name]] == "EPERM"


@pytest.mark.parametrize("name", REFUSED)
def test_a_harmful_use_of_a_listed_call_is_refused(met: dict[str, int], name: str) -> None:
    assert errno.errorcode.get(met[name], "it worked") == "EPERM"


@pytest.mark.parametrize("name", STILL_WORKS)
def test_what_decoding_needs_still_works(met: dict[str, int], name: str) -> None:
    assert met[name] == 0


def test_clone3_seems_to_be_unknown_so_that_the_c_library_falls_back(met: dict[str, int]) -> None:
    assert errno.errorcode[met["clone3"]] == "ENOSYS"


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_both_filters_are_whole_programs_on_each_architecture(name: str) -> None:
    """Every jump lands inside the program, and its last instruction is a verdict."""
    architecture = seccomp._ARCHITECTURES[name]
    programs = (seccomp.listed_calls(architecture, 1), seccomp.no_machine_code(architecture))
    for program in map(list, programs):
        assert len(program) <= 4096  # BPF_MAXINSNS
        assert program[-1][0] == seccomp._RETURN
        for at, (code, _, yes, no, *_) in enumerate(program):
            if code in (seccomp._EQUAL, seccomp._ANY_BIT):
                assert at + 1 + max(yes, no) < len(program)
