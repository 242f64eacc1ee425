"""What a detector knows of a generator that it never saw: each left out of training in turn.

    python -m benchmarks.leave_one_out --data DIR --runs DIR [--steps 300] [--write FILE]

Trains each expert of the bundle from ImageNet weights by a short run of its recipe: once with
all fakes of its kind, and once without each generator. Both are asked about the pictures of
``test`` of that generator. The runs are far shorter than those of a bundle, so what counts is
the difference between the columns. A run is kept in its folder and resumed: the same command
again goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from training.data.blending import blended_fakes
from training.data.cache import Sample
from training.data.data_set import DataSet, parse_data_set
from training.data.manifest import Split
from training.data.pipeline import evaluation_batches
from training.data.reading import read_samples
from training.evaluate import metrics, resampling
from training.evaluate.figures import counterparts
from training.evaluate.scores import Flags, Floats, scores_of
from training.fit import AVERAGED, Run
from training.fit.pictures import Selection
from training.recipes import find_recipe, override

# Recipe of an expert, and the sources of its kind of fake.
EXPERTS: Mapping[str, tuple[str, ...]] = {
    "lite_generated": ("stylegan_ffhq", "old_gans", "generated_photos", "stable_diffusion_21"),
    "lite_swapped": ("dfdc", "photoshop"),
}
# What makes a run short: smaller crops as they are, and the first blocks as ImageNet left them.
SHORT: dict[str, Any] = {
    "size": 160,
    "enlarge": None,
    "freeze_until": 26,
    "freeze_norm": True,
    "learning_rate": 5e-4,
}
FALSE_ALARMS = 0.05  # of all reals, where the share of fakes found is read


@dataclass(frozen=True, slots=True)
class Trial:
    """One training run: an expert without the fakes of a generator, or with all of its kind."""

    expert: str
    without: str = ""

    @property
    def folder(self) -> str:
        """Name of the run's folder."""
        short = re.sub(r"\W+", "_", self.without)[:24]
        return f"{self.expert}-without-{short}" if short else self.expert


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network says of a generator: AUC in [0, 1], its interval, the share it finds."""

    auc: float
    interval: tuple[float, float] | None
    found: float


def generators(samples: Sequence[Sample], sources: Sequence[str]) -> list[str]:
    """Those that made fakes of the sources, sorted."""
    pictures = [sample.picture for sample in samples]
    return sorted({each.generator for each in pictures if each.fake and each.source in sources})


def train(trial: Trial, data: DataSet, runs: Path, steps: int) -> Path:
    """The trained network of a trial; what is done of it is not done again."""
    others = [
        name for kind in EXPERTS.values() for name in kind if name not in EXPERTS[trial.expert]
    ]
    left_out = [*others, *([trial.without] if trial.without else [])]
    samples, _ = Selection([data], leave_out=left_out).read()
    recipe = override(find_recipe(trial.expert), {**SHORT, "steps": steps})
    if recipe.self_blended:
        samples += blended_fakes(samples, per_source=recipe.self_blended, seed=recipe.seed)
    run = Run(recipe.planned(len(samples)), runs / trial.folder)
    if not run.finished:
        run.fit(samples, report_every=50, show=lambda line: click.echo(f"{trial.folder}: {line}"))
    return runs / trial.folder / AVERAGED


def logits(model_file: Path, samples: Sequence[Sample]) -> Floats:
    """(n,) float64, of the pictures as serving would cut them."""
    import keras  # TensorFlow takes seconds to import

    from training.networks import find_network

    scaling = find_network("efficientnet_lite0").scaling
    batches = evaluation_batches(samples, int(SHORT["size"]), scaling=scaling)
    model = keras.saving.load_model(model_file, compile=False)
    return np.asarray(model.predict(batches, verbose=0), np.float64).reshape(-1)


def ask(generator: str, samples: Sequence[Sample], scores: Floats) -> Answer:
    """AUC against the reals of its source where it has some, else against all reals."""
    known = scores_of(samples, scores)
    fake, own = known.fake, known.generator == generator
    reals = counterparts(known, own)
    some = own | (reals if reals.any() else ~fake)
    found = scores[own] > np.quantile(scores[~fake], 1 - FALSE_ALARMS)
    return Answer(
        metrics.auc(fake[some], scores[some]), _interval(fake[some], scores[some]), found.mean()
    )


def _interval(fake: Flags, scores: Floats) -> tuple[float, float] | None:
    weights = resampling.draw(fake.astype(np.int64))
    return resampling.interval(resampling.auc(fake, scores, weights))


def rows(data: DataSet, runs: Path, steps: int) -> Iterator[str]:
    """A line of the table for every generator, as soon as it is known."""
    test = read_samples([data], Split.TEST, None)
    for expert, sources in EXPERTS.items():
        knows = logits(train(Trial(expert), data, runs, steps), test)
        for generator in generators(test, sources):
            never_saw = logits(train(Trial(expert, generator), data, runs, steps), test)
            count = sum(sample.picture.generator == generator for sample in test)
            cells = [_cell(ask(generator, test, each)) for each in (knows, never_saw)]
            yield f"| {expert} | {generator} | {count} | {' | '.join(cells)} |"


def _cell(answer: Answer) -> str:
    low, high = answer.interval or (float("nan"), float("nan"))
    return f"{answer.auc:.3f} ({low:.3f}-{high:.3f}) | {answer.found:.0%}"


@click.command()
@click.option("--data", required=True, help="As for training.")
@click.option("--runs", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--steps", default=300, show_default=True, type=click.IntRange(1))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(data: str, runs: Path, steps: int, write: Path | None) -> None:
    """Train, and print the table."""
    head = [
        "| Expert | Generator | pictures | AUC, trained on it | found | AUC, never seen | found |",
        "|---|---|---|---|---|---|---|",
    ]
    lines = [*head, *rows(parse_data_set(data), runs, steps)]
    click.echo("\n".join(lines))
    if write is not None:
        settings = ", ".join(f"{name}={value}" for name, value in SHORT.items())
        text = [
            "# Each generator left out of training",
            "",
            f"    python -m benchmarks.leave_one_out --data DIR --runs DIR --steps {steps}",
            "",
            f"{steps} steps of 32 from ImageNet weights ({settings}); `test`, FP32. AUC with its "
            "95 % interval, against the reals of the same source where it has some and else "
            f"against all; `found`: above the score of {1 - FALSE_ALARMS:.0%} of all reals.",
            "",
            *lines,
        ]
        write.write_text("\n".join(text) + "\n", "utf-8")


if __name__ == "__main__":
    main()
