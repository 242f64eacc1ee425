"""Untrusted text in one line of a log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.printable import printable


def test_control_characters_and_marks_of_direction_become_escapes() -> None:
    assert printable("a\nb\r\x1b[31m\u202e\u2028", 100) == r"a\nb\r\x1b[31m\u202e\u2028"


def test_letters_of_every_alphabet_stay() -> None:
    assert printable("Grüße, 你好", 100) == "Grüße, 你好"


@given(st.text(), st.integers(1, 50))
def test_any_text_becomes_short_and_printable(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
