"""All systems are measured in turn, and one that fails is told and counts nowhere."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.peers.asking import ask_peer
from benchmarks.peers.figures import Figures, best_peer, ratios_to_best
from benchmarks.peers.plot import plot
from benchmarks.peers.rounds import Contest, Plan, measure
from benchmarks.peers.systems import System
from benchmarks.peers.table import table
from tests.benchmarks.peers.servers import FILES, broken, noting, processes, small
from tests.e2e.service import until

CLIPS = {"10 s": b"short film", "60 s": b"long film"}
PLAN = Plan(rounds=2, clients=2, films={"10 s": 3, "60 s": 2}, start_s=60.0)


def contest(
    systems: Sequence[System], folder: Path, plan: Plan = PLAN
) -> tuple[list[Figures], str]:
    """The figures, and what was said meanwhile."""
    said: list[str] = []
    made = Contest(CLIPS, FILES, plan, said.append)
    return measure(systems, made, folder, plan, said.append), "\n".join(said)


def test_systems_take_turns_in_every_round(tmp_path: Path) -> None:
    asked: list[str] = []
    figures, _ = contest([noting("one", asked), noting("two", asked)], tmp_path)
    start, of_a_round = 1 + PLAN.clients, sum(PLAN.films.values())
    turns = ["one"] * of_a_round + ["two"] * of_a_round
    assert asked == ["one"] * start + ["two"] * start + turns * PLAN.rounds
    assert [len(each.rounds[film]) for each in figures for film in CLIPS] == [2] * 4
    assert processes() == []


def test_only_one_system_is_awake(tmp_path: Path) -> None:
    asked = 0

    def awake() -> int:
        states = [server.status() for server in processes()]
        return len(states) - states.count(psutil.STATUS_STOPPED)

    async def ask(http: httpx.AsyncClient, film: bytes) -> None:
        nonlocal asked
        await ask_peer(http, film)
        asked += 1
        until("the others are stopped", lambda: awake() == 1, 10)

    contest([small("one", ask=ask), small("two", ask=ask)], tmp_path)
    assert asked > 2 * PLAN.rounds


def test_a_peer_that_fails_in_a_round_is_told_and_counts_nowhere(tmp_path: Path) -> None:
    before = 1 + PLAN.clients + sum(PLAN.films.values())  # one whole round
    systems = [small("tired", films=before + 1), small("steady"), small("ours", peer=False)]
    figures, said = contest(systems, tmp_path)
    tired, steady, _ = figures
    assert "tired is left out: under load, HTTPStatusError" in said
    assert tired.missing
    assert best_peer(figures, "10 s") is steady
    assert set(ratios_to_best(figures, "60 s")) == {"steady", "ours"}
    rows = table(figures, list(CLIPS))
    assert [line[:28] for line in rows if "tired" in line] == ["- tired was not measured: un"]
    assert "tired" not in plot(figures, list(CLIPS))


def test_one_that_does_not_start_leaves_the_others_measured(tmp_path: Path) -> None:
    absent = broken("absent", lambda _files, _port: ["/nowhere/gunicorn"])
    figures, said = contest([absent, small("there")], tmp_path, Plan(1, 1, {"10 s": 1, "60 s": 1}))
    assert "absent is left out" in said
    assert [bool(each.missing) for each in figures] == [True, False]
    assert figures[1].resident_mib > 0


def test_a_round_that_is_cut_short_leaves_no_figures(tmp_path: Path) -> None:
    asked, stop_at = 0, 1 + PLAN.clients + sum(PLAN.films.values()) + 1

    async def ask(http: httpx.AsyncClient, film: bytes) -> None:
        nonlocal asked
        await ask_peer(http, film)  # raises until the server is there
        asked += 1
        if asked == stop_at:
            signal.raise_signal(signal.SIGINT)

    figures, said = contest([small("first"), small("stopped", ask=ask)], tmp_path)
    assert "stopped; the figures are of the rounds before" in said
    assert [len(each.rounds["10 s"]) for each in figures] == [1, 1]


def test_what_is_stopped_before_a_whole_round_has_no_figures(tmp_path: Path) -> None:
    async def ask(http: httpx.AsyncClient, film: bytes) -> None:
        if film.startswith(CLIPS["60 s"]):
            signal.raise_signal(signal.SIGINT)
        await ask_peer(http, film)

    with pytest.raises(KeyboardInterrupt):
        contest([small("stopped", ask=ask)], tmp_path)
    assert processes() == []
