"""``python -m benchmarks.growth``: the command line, one command for each table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from benchmarks.growth.bench import Bench
from benchmarks.growth.codecs import codecs
from benchmarks.growth.faces import faces
from benchmarks.growth.lengths import lengths
from benchmarks.growth.pixels import pixels
from benchmarks.growth.queue import queue
from benchmarks.growth.shelf import Shelf
from benchmarks.growth.stored import stored
from benchmarks.growth.tables import replaced
from benchmarks.growth.workers import workers

PAGE_HEAD: Final = "# How cost grows\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that all commands share."""

    films: Path
    rounds: int
    short: bool
    write: Path | None


def say(text: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')}  {text}", err=True)


Measure = Callable[[Asked], str]


def _of_films(measure: Callable[[Bench], str]) -> Measure:
    return lambda asked: measure(Bench(Shelf(asked.films, say), asked.rounds, asked.short, say))


TABLES: Final[dict[str, tuple[str, Measure]]] = {
    "lengths": ("Films of 10 s to an hour, in H.264, HEVC, VP9 and AV1.", _of_films(lengths)),
    "pixels": ("Films of 360p to 2160p, in all four codecs.", _of_films(pixels)),
    "codecs": ("The four codecs beside each other at one length.", _of_films(codecs)),
    "faces": ("1 to 8 faces in each frame, by part of the work.", _of_films(faces)),
    "workers": (
        "1, 2 and 4 workers, each pinned to a core.",
        lambda asked: workers(asked.short, say),
    ),
    "queue": (
        "Submit, take and look where 1 to 10,000 jobs wait.",
        lambda asked: queue(asked.rounds, asked.short, say),
    ),
    "stored": (
        "Submit, look and list where 100 to 200,000 jobs have ended.",
        lambda asked: stored(asked.rounds, asked.short, say),
    ),
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--films", default="build/growth", show_default=True,
              type=click.Path(path_type=Path, file_okay=False),
              help="Where films are kept for the next run; some 200 MB.")  # fmt: skip
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--short", is_flag=True, help="Fewer and smaller sizes: all tables in minutes.")
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.md",
              help="Put each table into this page too, for the one that it has.")  # fmt: skip
@click.pass_context
def main(context: click.Context, films: Path, rounds: int, short: bool, write: Path | None) -> None:
    """How the cost of a job grows with its film, with workers and with other jobs.

    Figures are seconds of the processor where that is possible, because they say little about
    what else the machine does; a clock should be read on an idle one. Tables go to standard
    output, progress to standard error.

    \b
    Examples:
      python -m benchmarks.growth --short every
      python -m benchmarks.growth faces
      python -m benchmarks.growth --rounds 5 --write benchmarks/growth.md every
    """
    context.obj = Asked(films, rounds, short, write)


def _print(asked: Asked, name: str) -> None:
    _, measure = TABLES[name]
    say(name)
    text = measure(asked)
    click.echo(f"{text}\n")
    if asked.write is not None:
        page = asked.write.read_text() if asked.write.exists() else PAGE_HEAD
        asked.write.write_text(replaced(page, name, text))


def _add(name: str) -> None:
    about, _ = TABLES[name]
    epilog = f"\b\nExample:\n  python -m benchmarks.growth --short {name}"

    @main.command(name, help=about, epilog=epilog)
    @click.pass_obj
    def command(asked: Asked) -> None:
        _print(asked, name)


@main.command(epilog="\b\nExample:\n  python -m benchmarks.growth --short every")
@click.pass_obj
def every(asked: Asked) -> None:
    """All tables, one after the other."""
    for name in TABLES:
        _print(asked, name)


for _name in TABLES:
    _add(_name)


if __name__ == "__main__":
    main()
