from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import httpx

from benchmarks.peers.asking import WrongAnswer
from benchmarks.peers.rounds import Contest, Plan, measure
from benchmarks.peers.systems import Files, System

NOWHERE = Files(Path("none"), Path("none"), Path("none"))
PLAN = Plan(rounds=2, clients=2, films={"short": 4, "long": 2})
CLIPS = {"short": b"short", "long": b"long"}
SERVE = "from http.server import test; import sys; test(port=int(sys.argv[1]), bind='127.0.0.1')"


def system(name: str, code: str = SERVE, right_answers: int = 1000) -> System:
    """A server of files that counts as a peer, and is wrong after some answers."""
    asked = count(1)

    async def ask(http: httpx.AsyncClient, _film: bytes) -> None:
        (await http.get("/")).raise_for_status()
        if next(asked) > right_answers:
            raise WrongAnswer("The probability is 2.")

    return System(name, lambda _, port: [sys.executable, "-c", code, str(port)], ask, peer=True)


def test_every_system_is_measured_in_every_round_with_every_film(tmp_path: Path) -> None:
    ended = system("ended", "raise SystemExit('no such model')")
    # One first answer, two to warm up and a whole round: the second round finds it wrong.
    wrong = system("wrong", right_answers=1 + 2 + (4 + 2) + 1)
    contest = Contest(CLIPS, NOWHERE, PLAN, lambda _: None)
    good, no_start, failed = measure(
        [system("good"), ended, wrong], contest, tmp_path, PLAN, lambda _: None
    )
    sizes = {film: [len(each.answers_s) for each in done] for film, done in good.rounds.items()}
    assert sizes == {"short": [4, 4], "long": [2, 2]}
    assert (good.missing, good.resident_mib > 1) == ("", True)
    assert "it ended" in no_start.missing
    assert "no such model" in no_start.missing
    assert failed.missing == "under load, WrongAnswer: The probability is 2."
