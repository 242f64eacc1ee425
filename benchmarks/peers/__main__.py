"""``python -m benchmarks.peers``: the command line; ``make bench`` calls it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from benchmarks.peers import weights
from benchmarks.peers.clips import clip
from benchmarks.peers.figures import Figures, best_peer
from benchmarks.peers.plot import plot
from benchmarks.peers.rounds import Contest, Plan, measure
from benchmarks.peers.systems import SYSTEMS, Files, System
from benchmarks.peers.table import table

LENGTHS_S = (10, 60)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--peers", "environment", default=".venv-peers", show_default=True,
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="The environment of requirements/peers.txt; make bench makes it.")  # fmt: skip
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--films", default=8, show_default=True, type=click.IntRange(2),
              help="Of 10 s in one measurement; of 60 s half, or one a client.")  # fmt: skip
@click.option("--clients", default=4, show_default=True, type=click.IntRange(1))
@click.option("--only", multiple=True, metavar="WORD",
              help="Systems whose name has this word; repeatable.")  # fmt: skip
@click.option("--folder", default="build/peers", show_default=True, type=click.Path(path_type=Path),
              help="Where weights and films are kept for the next run, and the logs.")  # fmt: skip
@click.option("--write", "into", type=click.Path(path_type=Path), metavar="FILE.md",
              help="Save the table here, and the plot beside it as FILE.svg.")  # fmt: skip
@click.option("--prepare", is_flag=True, help="Make weights and films, and measure nothing.")
def main(
    environment: Path,
    rounds: int,
    films: int,
    clients: int,
    only: Sequence[str],
    folder: Path,
    into: Path | None,
    prepare: bool,
) -> None:
    """Measure this service beside other servers of the same Keras detector.

    Each server is started and answers once, and is paused while the others are measured. The
    machine should be idle.

    \b
    Examples:
      make bench
      make bench LONG=1
      python -m benchmarks.peers --rounds 1 --only Flask --only FP32
      python -m benchmarks.peers --write benchmarks/peers.md
    """
    chosen = _chosen(only)
    began = time.monotonic()

    def say(text: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {text}", err=True)

    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    say(f"weights and films, in {folder}")
    files = Files(environment.absolute(), weights.keras_file(folder), weights.bundle(folder))
    clips = {f"{length_s} s": clip(length_s, folder) for length_s in LENGTHS_S}
    plan = Plan(rounds, clients, dict(zip(clips, (films, max(clients, films // 2)), strict=True)))
    if prepare:
        return
    contest = Contest(clips, files, plan, say)
    figures = measure(chosen, contest, folder, plan, say)
    text = _report(figures, clips, plan)
    click.echo(text)
    if into is not None:
        into.write_text(text)
        into.with_suffix(".svg").write_text(plot(figures, list(clips)))


def _chosen(words: Sequence[str]) -> list[System]:
    chosen = [each for each in SYSTEMS if not words or any(word in each.name for word in words)]
    if not chosen:
        names = "; ".join(each.name for each in SYSTEMS)
        raise click.BadParameter(f"no system has any of these words; there are: {names}")
    return chosen


def _report(figures: Sequence[Figures], clips: Mapping[str, bytes], plan: Plan) -> str:
    sizes = " and ".join(f"{name} ({len(film) / 1e6:.1f} MB)" for name, film in clips.items())
    sent = " and ".join(f"{number} of {name}" for name, number in plan.films.items())
    done = max((len(each.rates(name)) for each in figures for name in each.rounds), default=0)
    rounds = "1 round" if done == 1 else f"{done} rounds"
    best = {name: best_peer(figures, name) for name in clips}
    bests = "; ".join(f"{name}: {each.name}" for name, each in best.items() if each is not None)
    return "\n".join(
        [
            "# This service beside other servers of the same detector",
            "",
            "    make bench",
            "",
            f"Python {platform.python_version()}, {platform.machine()}, {_processor()}, "
            f"{os.cpu_count()} cores. {plan.clients} clients send films of {sizes}, H.264 in 720p "
            f"with a keyframe every 250 frames and a face in each frame; every file is another "
            f"one. {rounds} in turn, {sent} for each system in a round: medians, and "
            "the range over the rounds.",
            "",
            *table(figures, list(clips)),
            "",
            f"The best peer by film is {bests or 'none'}. A ratio is that of two measurements of "
            "one round. `s` is the median time to an answer, MiB the sum of the proportional set "
            "sizes of all processes.",
            "",
            *_NOTES,
            "",
        ]
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "an unknown processor"


_NOTES = (
    "All but the bundled detector serve Inception-ResNet-v2 (299 pixels, 54 million weights) with "
    "a sigmoid. Its weights are random, which changes no time. A peer reads a film from its start "
    "with OpenCV until it has ten evenly spaced frames, and gives them to Keras whole, as one "
    "batch. This service decodes near ten keyframes in a sandbox, finds the faces and judges ten "
    "crops; its time includes the upload into Redis, the queue and the wait for the verdict.",
    "",
    "Every peer has one process with the model. gunicorn has 4 threads, LitServe and BentoML have "
    "what they take by themselves, and a replica of Ray Serve takes 4 requests at once.",
)


if __name__ == "__main__":
    main()
