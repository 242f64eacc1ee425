"""Damage done to media, sent through the sandboxed decoder: ``python -m tests.media.fuzz``.

Exits with 1 when a decoder hung, or an error had no name or could not be shown. A decoder that
crashed or ran out of memory is named; it costs its file and a child, and the file is kept.
Ctrl-C or SIGTERM ends a run early, with the figures so far. With ``--record FILE`` a later run
goes on behind the cases that the file has, and counts them too.
"""

from __future__ import annotations

import json
import logging
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path

import click

from tests.media.fuzz.campaign import Case, Ending, make_case, run
from tests.media.fuzz.mutation import layout_of
from tests.media.fuzz.record import Record
from tests.media.fuzz.seeds import MOST_BYTES, seeds
from tests.media.fuzz.tally import Tally
from tests.media.sandbox import decoder

_NAMED = {"decoder_crashed", "decoder_out_of_memory", "provenance crashed"}
_TELL_EVERY = 500


@click.command()
@click.option("--cases", default=10_000, show_default=True, help="How many damaged files.")
@click.option("--begin", default=0, help="The number of the first one; others are others.")
@click.option("--files", default="", help="A part of the names of the files to be damaged.")
@click.option("--case", "only", help="One damaged file by its title, NAME#NUMBER.")
@click.option("--keep", type=click.Path(path_type=Path), help="A folder for what was found.")
@click.option("--record", type=click.Path(path_type=Path), help="A file with all endings.")
def main(
    cases: int, begin: int, files: str, only: str | None, keep: Path | None, record: Path | None
) -> None:
    """Damage files and tell how the decoder ends with them."""
    logging.basicConfig(level=logging.ERROR)
    name, _, number = (only or "").partition("#")
    whole = seeds(name or files)
    if not whole or (name and name not in whole):
        raise click.UsageError(f"No file is called {name or files!r}; there are {len(seeds())}.")
    build = cache(lambda chosen: whole[chosen]()[:MOST_BYTES])
    layout = cache(lambda chosen: layout_of(build(chosen)))
    names = [name] if name else sorted(whole)
    numbers = range(int(number), int(number) + 1) if number else range(begin, begin + cases)
    tally = Tally()
    known = Record(record)
    done_before = known.into(tally)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with decoder() as pool, suppress(KeyboardInterrupt):
        for done, at in enumerate(numbers):
            if done and done % _TELL_EVERY == 0:
                click.echo(f"{done:,} of {len(numbers):,}", err=True)
            chosen = names[at % len(names)]
            if (chosen, at) in done_before:
                continue
            case = make_case(chosen, at, build(chosen), layout(chosen))
            ending = run(pool, case)
            tally.add(case.name, ending)
            known.add(case, ending)
            if ending.finding or only:
                _show(case, ending, keep)
    known.add_memory()
    click.echo(f"{tally.table()}\n\n{tally.summary()}")
    raise SystemExit(1 if tally.kinds - _NAMED else 0)


def _show(case: Case, ending: Ending, keep: Path | None) -> None:
    told = {
        "case": case.title,
        "damage": case.damage,
        "finding": ending.finding,
        "code": ending.code,
        "message": ending.message,
        "took_s": round(ending.took_s, 2),
    }
    click.echo(json.dumps(told), err=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / case.title.replace("/", "_")).write_bytes(case.data)
        with (keep / "found.jsonl").open("a") as log:
            log.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
