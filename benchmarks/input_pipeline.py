"""Is the input pipeline faster than what it feeds? Images a second of both, on this machine.

    python -m benchmarks.input_pipeline --data DIR [--rounds 3] [--write FILE]

Two rates a case, in turn, the median of the rounds: the pipeline alone (on threads: read,
decode, augment, crop, JPEG, scale) and the training step alone (Keras on one batch that stays
in memory). The step must not wait: the pipeline has to be at least three times as fast. Beside
the wall clock stands the processor time of all threads, which other work does not change as
much. Weights are random: a step takes as long with them.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from core.cores import usable_cores
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.lookahead import Lookahead
from training.data.manifest import Split
from training.data.pipeline import training_batches
from training.data.reading import read_samples
from training.data.self_blend import blended_fakes
from training.fit.feed import feed
from training.recipes import Recipe, find_recipe, override

BAR = 3.0
PIPELINE_BATCHES = 40
# Recipe, what is set in it, and the steps that are timed at once.
CASES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("faces", {"size": 224, "early_share": 0, "freeze_until": 0, "freeze_norm": True}, 6),
    ("advanced_fine_tune", {}, 2),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one image: wall clock, and processor time over all threads, in seconds."""

    wall_s: float
    cpu_s: float


@contextmanager
def timed(images: int, costs: list[Cost]) -> Iterator[None]:
    """Append what the block cost an image."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    costs.append(Cost(wall / images, cpu / images))


class Case:
    """One recipe with its network and pictures."""

    def __init__(self, recipe: Recipe, steps: int, samples: Sequence[Sample]) -> None:
        from training.fit.trainee import Trainee
        from training.networks import find_network

        known = list(samples)
        if recipe.self_blended:
            known += blended_fakes(known, per_source=recipe.self_blended, seed=recipe.seed)
        self.recipe, self.steps = recipe.planned(len(known)), steps
        self._sampler = Sampler(
            known, recipe.mixture, batch_size=recipe.batch_size, seed=recipe.seed
        )
        self._network = find_network(recipe.network)
        self._model = Trainee(self.recipe, self._network).model
        self._one = next(iter(self._batches(1)))
        self._fit(1)  # traced and warm
        self.pipeline: list[Cost] = []
        self.step: list[Cost] = []

    def measure(self) -> None:
        """Both once more."""
        with timed(PIPELINE_BATCHES * self.recipe.batch_size, self.pipeline):
            for _ in self._batches(PIPELINE_BATCHES):
                pass
        with timed(self.steps * self.recipe.batch_size, self.step):
            self._fit(self.steps)

    def _batches(self, count: int) -> Any:
        return training_batches(
            self._sampler, self.recipe.augmentation, lambda _step: self.recipe.size,
            first_step=0, last_step=count, seed=self.recipe.seed, scaling=self._network.scaling,
        )  # fmt: skip

    def _fit(self, steps: int) -> None:
        one = Lookahead(lambda _index: self._one, steps, threads=1)
        self._model.fit(feed(one), shuffle=False, verbose=0)


def table(samples: Sequence[Sample], rounds: int) -> str:
    """The rates as Markdown."""
    lines = [
        f"{len(samples):,} pictures, batches of 32 at 224 px, {usable_cores()} cores "
        f"({platform.machine()}), Python {platform.python_version()}. Median of {rounds} rounds; "
        "in brackets processor milliseconds an image, over all threads. Other work slows the wall "
        f"clock of both: the machine's load was {os.getloadavg()[0]:.1f} at the start.",
        "",
        "| Recipe | pipeline alone, images/s | step alone, images/s | pipeline / step |",
        "|---|---|---|---|",
    ]
    for name, settings, steps in CASES:
        case = Case(override(find_recipe(name), settings), steps, samples)
        for _ in range(rounds):
            case.measure()
        lines.append(_row(name, settings, case))
    lines += ["", f"The bar is {BAR:g} times by the wall clock."]
    return "\n".join(lines) + "\n"


def _row(name: str, settings: dict[str, Any], case: Case) -> str:
    wall, cpu = (
        [
            statistics.median(getattr(cost, clock) for cost in costs)
            for costs in (case.pipeline, case.step)
        ]
        for clock in ("wall_s", "cpu_s")
    )
    ratio = wall[1] / wall[0]
    title = ", ".join([f"`{name}`", *(f"{key}={value}" for key, value in settings.items())])
    rates = " | ".join(f"{1 / w:,.1f} ({c * 1e3:,.1f})" for w, c in zip(wall, cpu, strict=True))
    told = "passed" if ratio >= BAR else "**missed**"
    return f"| {title} | {rates} | {ratio:,.0f}x ({cpu[1] / cpu[0]:,.0f}x), {told} |"


@click.command()
@click.option(
    "--data", required=True, type=click.Path(exists=True, path_type=Path), help="As for training."
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(data: Path, rounds: int, write: Path | None) -> None:
    """Print the table."""
    text = table(read_samples(data, Split.TRAIN, None), rounds)
    click.echo(text)
    if write is not None:
        command = (
            f"python -m benchmarks.input_pipeline --data DIR --rounds {rounds} --write {write}"
        )
        write.write_text(f"# Input pipeline\n\n    {command}\n\n{text}")


if __name__ == "__main__":
    main()
