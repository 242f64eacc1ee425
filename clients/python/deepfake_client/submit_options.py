"""The options of a submission on the command line, and what may be submitted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

C = TypeVar("C", bound=Callable[..., None])


def options_of_a_job(command: C) -> C:
    """``--frames``, ``--sampling``, ``--queue``, ``--evidence`` and ``--tag``."""
    for option in (
        click.option("--tag", "tags", multiple=True, help="May be repeated."),
        click.option("--evidence", is_flag=True,
                     help="Keep frames, heat maps and a report for a while."),
        click.option("--queue", type=click.Choice(["interactive", "batch"]),
                     help="batch jobs wait behind interactive ones."),
        click.option("--sampling", type=click.Choice(["keyframes", "exact"])),
        click.option("--frames", type=click.IntRange(1, 50), help="Frames sampled from a video."),
    ):  # fmt: skip
        command = option(command)
    return command


def media(name: str) -> Path:
    """The file of that name; raises click.BadParameter when it is not there."""
    path = Path(name)
    if not path.is_file():
        told = "is a folder" if path.is_dir() else "is not there"
        raise click.BadParameter(f"{name} {told}.", param_hint="FILE_OR_URL")
    return path
