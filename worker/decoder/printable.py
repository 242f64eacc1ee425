"""Text from a process that is not trusted, made fit for one line of a log or a message."""

from __future__ import annotations


def printable(text: str, limit: int) -> str:
    """At most ``limit`` characters in which every control character is written as an escape.

    A line break, a terminal's escape sequence or a mark that turns the direction of writing
    (U+202E) would forge lines of a log or hide what they say. Letters of every alphabet stay.
    """
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:limit]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
