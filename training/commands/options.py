"""Options that several training commands share."""

from __future__ import annotations

from pathlib import Path

import click

from core.options import DEFAULT_FRAMES, MAX_FRAMES

cache = click.option(
    "--cache",
    "cache_dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where face boxes are kept between runs. Default: the user's cache folder.",
)
clip_frames = click.option(
    "--clip-frames",
    type=click.IntRange(1, MAX_FRAMES),
    default=DEFAULT_FRAMES,
    show_default=True,
    help="Frames of each film that are judged; what was extracted is kept in the cache.",
)
bundle = click.option(
    "--model", "bundle", default=None, help="Name in models/, or a folder. Default: the default."
)
