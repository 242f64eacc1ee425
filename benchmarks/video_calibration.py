"""What P(fake) of a video is best computed from: the mean logit alone, or more.

    python -m benchmarks.video_calibration --data DIR [--model NAME] [--write FILE]

Cross-validated over persons, scenes or films of the labelled clips of ``valid``. The last line says
what calibration error so many clips would show by chance alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from benchmarks.video_inputs import Compared, compare_inputs
from core.faces.detector import load_face_detector
from core.model.bundle import find_bundle, load_bundle
from core.model.runtimes import load_detector
from core.model.sigmoid import sigmoid
from training.calibrate.scored_clips import logits_of_clips, score_clips
from training.data.clips import read_clips
from training.data.data_set import parse_data_sets
from training.data.evidence_cache import EvidenceCache
from training.data.picture import Split
from training.data.reading import cache_folder
from training.evaluate.metrics import Floats, calibration_error, once

_HEAD = "| Computed from | log loss | AUC | log loss saved |\n|---|---|---|---|"
_DRAWS = 2000


def row(compared: Compared) -> str:
    """One line of the table."""
    saved = f"{compared.log_loss_saved:+.3f}"
    if compared.interval is not None:
        saved += f" ({compared.interval[0]:+.3f} to {compared.interval[1]:+.3f})"
    return f"| {compared.name} | {compared.log_loss:.3f} | {compared.auc:.3f} | {saved} |"


def errors_by_chance(probability: Floats, clips: int) -> Floats:
    """The calibration errors, (2000,), of so many clips whose P(fake) is right.

    ``probability`` (n,) is drawn from with replacement, and the class of each clip by its P(fake).
    """
    rng = np.random.default_rng(0)
    drawn = rng.choice(probability, (_DRAWS, clips))
    fake = rng.random(drawn.shape) < drawn
    return np.array([once(calibration_error, f, p) for f, p in zip(fake, drawn, strict=True)])


@click.command()
@click.option("--data", "texts", multiple=True, required=True, help="As for deepfake calibrate.")
@click.option("--model", help="Name in models/, or a folder. Default: the default.")
@click.option(
    "--clips", "number", default=144, show_default=True, help="Their number in the last line."
)
@click.option("--cache", "cache_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(
    texts: Sequence[str],
    model: str | None,
    number: int,
    cache_dir: Path | None,
    write: Path | None,
) -> None:
    """Measure, and print the table."""
    bundle = load_bundle(find_bundle(model))
    films = EvidenceCache(cache_folder(cache_dir), load_face_detector)
    clips = read_clips(parse_data_sets(texts), Split.VALID)
    usable = score_clips(clips, load_detector(bundle), films).usable
    groups = len({clip.clip.group for clip in usable})
    told = f"{len(usable)} clips of {groups} persons, scenes or films, {bundle.manifest.name}"
    text = "\n".join([_HEAD, *map(row, compare_inputs(usable))])
    calibration = bundle.manifest.calibration
    if calibration is not None and (fit := calibration.video) is not None:
        right = sigmoid(fit.slope * logits_of_clips(usable) + fit.intercept)
        errors = errors_by_chance(right, number)
        low, high = np.quantile(errors, [0.05, 0.95])
        text += (
            f"\n\n{number} clips with such P(fake), were they right, have a calibration error of "
            f"{errors.mean():.3f} on average, and of {low:.3f} to {high:.3f} in nine of ten draws."
        )
    click.echo(f"{told}\n{text}")
    if write is not None:
        write.write_text(
            "# What P(fake) of a video is computed from\n\n"
            "    python -m benchmarks.video_calibration --data DIR\n\n"
            f"{told}, of `valid`; cross-validated over groups, both classes weighted alike. "
            "Log loss in nats; what is saved is against the mean logit, with its 95 % interval "
            f"over groups.\n\n{text}\n",
            "utf-8",
        )


if __name__ == "__main__":
    main()
