"""What an assistant may repeat about a file."""

from __future__ import annotations

import pytest

from core.result import Result
from deepfake.assistant.answers import sentence
from tests.browser.bench import FAKE, NO_FACE, REAL, UNSURE


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (FAKE, ["Likely manipulated.", "95.1 %", "wrong on 6 of 120 videos"]),
        (REAL, ["That is no proof that the file is genuine.", "was not measured"]),
        (UNSURE, ["Cannot tell.", "The frames contradict each other"]),
        (NO_FACE, ["Cannot tell.", "No face was found", "no error rate"]),
    ],
)
def test_a_sentence_says_the_verdict_with_its_limits(result: Result, words: list[str]) -> None:
    told = sentence(result)
    for word in words:
        assert word in told
    assert "is fake" not in told
