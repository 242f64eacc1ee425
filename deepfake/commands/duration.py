"""Lengths of time on the command line: ``90d``, ``24h``, ``30m``, ``10s``, ``0``."""

from __future__ import annotations

import re
from typing import Final

import click

_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_LONGEST_S: Final = 10 * 365 * 86400


def duration(text: str) -> float:
    """Seconds, more than none and ten years at most: the ``type`` of an option."""
    if (found := re.fullmatch(r"(\d{1,9})([dhms])", text)) is None or int(found[1]) == 0:
        raise click.BadParameter(
            f"{text!r} is no length of time; write it as 90d, 24h, 30m or 10s."
        )
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST_S:
        raise click.BadParameter(f"{text!r} is longer than 10 years, which is the limit.")
    return float(seconds)


def duration_or_none(text: str) -> float:
    """The same, and 0."""
    return 0.0 if text == "0" else duration(text)
