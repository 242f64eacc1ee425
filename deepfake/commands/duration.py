"""Lengths of time on the command line: ``90d``, ``24h``, ``30m``, ``10s``, ``0``."""

from __future__ import annotations

import re
from typing import Final

import click

_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_LONGEST_S: Final = 10 * 365 * 86400


class Duration(click.ParamType):
    """Reads a length of time as seconds; ten years at most."""

    name = "duration"

    def __init__(self, *, zero: bool = False) -> None:
        self._zero = zero  # whether 0 means anything

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = re.fullmatch(r"(\d{1,9})([dhms])|0", str(value))
        if found is None or not (self._zero or found[1]):
            self.fail(
                f"{value!r} is no length of time; write it as 90d, 24h, 30m or 10s.", param, ctx
            )
        seconds = float(int(found[1]) * _SECONDS[found[2]]) if found[1] else 0.0
        if seconds > _LONGEST_S:
            self.fail(f"{value!r} is longer than 10 years, which is the limit.", param, ctx)
        return seconds
