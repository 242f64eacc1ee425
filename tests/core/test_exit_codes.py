"""Exit codes in words."""

from __future__ import annotations

import pytest

from core.exit_codes import describe_exit


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exited with code 0"), (-9, "was ended by SIGKILL"), (-99, "was ended by signal 99")],
)
def test_exit_codes_are_told_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words
