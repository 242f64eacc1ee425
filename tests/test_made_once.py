"""Media of a run: made by whoever comes first, found by everybody else."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from tests.made_once import FOLDER, made_once

_OF_THIS_RUN = os.environ.get(FOLDER)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))


@made_once
def by(number: int) -> bytes:
    """The process that made it."""
    return str(os.getpid()).encode()


def _by_another_process(*arguments: int) -> bytes:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(by, arguments)


def test_every_process_of_a_run_knows_its_folder() -> None:
    assert _OF_THIS_RUN is not None
    assert Path(_OF_THIS_RUN).is_dir()


def test_another_process_finds_what_was_made() -> None:
    assert by(1) == str(os.getpid()).encode()
    assert _by_another_process(1) == by(1)


def test_other_arguments_are_made_anew() -> None:
    assert by(2) == str(os.getpid()).encode()
    assert _by_another_process(3) != by(2)


def test_what_could_not_be_made_is_tried_again() -> None:
    failures = [OSError("full")]

    @made_once
    def make() -> bytes:
        if failures:
            raise failures.pop()
        return b"film"

    with pytest.raises(OSError, match="full"):
        make()
    assert make() == b"film"
