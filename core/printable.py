"""Text that is not trusted, made fit for one line of a log or a message."""

from __future__ import annotations


def printable(text: str, limit: int | None = None) -> str:
    """At most ``limit`` characters in which every control character is written as an escape.

    A line break, a terminal's escape sequence or a mark that turns the direction of writing
    (U+202E) would forge lines of a log or hide what they say. Letters of every alphabet stay.
    """
    part = text if limit is None else text[:limit]
    shown = part if part.isprintable() else "".join(map(_escaped, part))
    return shown if limit is None or len(shown) <= limit else shown[: limit - 1] + "…"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
