"""A line on stderr that shows how far a long loop is; nothing of it on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

import click

Item = TypeVar("Item")


def tracked(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items; a bar with the time left on a terminal, one line elsewhere."""
    with click.progressbar(items, label=label, file=sys.stderr, show_pos=True) as bar:
        yield from bar
