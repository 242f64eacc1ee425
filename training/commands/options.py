"""Options that several training commands share."""

from __future__ import annotations

from pathlib import Path

import click

cache = click.option(
    "--cache",
    "cache_dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where face boxes are kept between runs. Default: the user's cache folder.",
)
bundle = click.option(
    "--model", "bundle", default=None, help="Name in models/, or a folder. Default: the default."
)
