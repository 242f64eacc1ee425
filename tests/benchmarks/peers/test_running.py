"""A server is started, asked, paused and ended; one that gives no answer says why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from benchmarks.peers.running import NotMeasured, Running
from benchmarks.peers.systems import System
from tests.benchmarks.peers.servers import FILES, broken, small, states
from tests.e2e.service import until

PATIENCE_S = 60.0


def started(system: System, folder: Path, *, patience_s: float = PATIENCE_S) -> Running:
    return Running(system, FILES, b"film", folder / "log", patience_s=patience_s)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with closing(started(small("small"), tmp_path)) as one:
        yield one


def test_a_system_sleeps_until_its_round_and_after_it(running: Running) -> None:
    until("it is stopped", lambda: states() == {psutil.STATUS_STOPPED}, 10)
    done = running.round([b"one", b"two", b"three"], clients=2)
    assert len(done.answers_s) == 3
    until("it is stopped again", lambda: states() == {psutil.STATUS_STOPPED}, 10)
    assert running.first_answer_s > 0


def test_what_ends_before_its_first_answer_says_its_last_words(tmp_path: Path) -> None:
    ends = broken("ends", lambda _files, _port: [sys.executable, "-c", "exit('no such model')"])
    with pytest.raises(NotMeasured, match=r"it ended .*; no such model"):
        started(ends, tmp_path)


def test_what_does_not_start_says_so(tmp_path: Path) -> None:
    absent = broken("absent", lambda _files, _port: ["/nowhere/gunicorn"])
    with pytest.raises(NotMeasured, match="/nowhere/gunicorn"):
        started(absent, tmp_path)


def test_what_never_answers_is_given_up(tmp_path: Path) -> None:
    sleeps = broken("sleeps", lambda _files, _port: ["sleep", "61.25"])
    with pytest.raises(NotMeasured, match=r"it took too long .*; it printed nothing"):
        started(sleeps, tmp_path, patience_s=0.3)
    assert ["sleep", "61.25"] not in [child.cmdline() for child in psutil.Process().children()]


def test_a_film_that_is_refused_is_not_sent_again(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match="it refused the film"):
        started(small("refuses", films=0), tmp_path)


def test_a_probability_above_one_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match=r"its first answer is wrong: The probability is 7\.0"):
        started(small("wrong", probability=7), tmp_path)


def test_a_refusal_under_load_is_told_with_its_reason(tmp_path: Path) -> None:
    with closing(started(small("tired", films=2), tmp_path)) as one:
        with pytest.raises(NotMeasured, match=r"under load, HTTPStatusError: .*422"):
            one.round([b"one", b"two"], clients=1)
        until("it is stopped", lambda: states() == {psutil.STATUS_STOPPED}, 10)
