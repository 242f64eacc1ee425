"""Rows of text in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import click


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Each column is as wide as its widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def moment(at: datetime | None, otherwise: str = "") -> str:
    """A time in UTC, to the minute."""
    return otherwise if at is None else f"{at:%Y-%m-%d %H:%M}"
