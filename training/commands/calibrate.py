"""``deepfake calibrate``: fit a bundle's probabilities and thresholds to data of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.commands import data_options, options
from training.commands.calibration_report import report

if TYPE_CHECKING:
    from core.model.bundle import Bundle
    from training.calibrate.calibration import Tail, Wanted
    from training.data.cache import Sample
    from training.data.clips import Clip
    from training.data.data_set import DataSet
    from training.export.publish import Published

_false_positives = click.option(
    "--false-positives",
    default=0.02,
    show_default=True,
    metavar="SHARE",
    help="Of real pictures that may be called fake.",
)
_misses = click.option(
    "--misses",
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Of fakes that may be called real; between both thresholds it is inconclusive.",
)


def wanted_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --false-positives and --misses."""
    return _false_positives(_misses(command))


@dataclass(frozen=True, slots=True)
class _Fit:
    """What is fitted to what."""

    old: Bundle
    data_sets: Sequence[DataSet]
    split: str
    cache_dir: Path | None
    wanted: Wanted
    out: Path | None
    runtime: str

    @property
    def where(self) -> str:
        """What ``model.json`` says of the data."""
        return f"{self.split} of {', '.join(each.name for each in self.data_sets)}"

    def samples(self) -> list[Sample]:
        from training.data.reading import read_samples

        return read_samples(self.data_sets, data_options.split_of(self.split), self.cache_dir)

    def clips(self) -> list[Clip]:
        from core.errors import ConfigurationError
        from training.data.clips import LAYOUT, read_clips

        clips = read_clips(self.data_sets, data_options.split_of(self.split))
        if not clips:
            places = ", ".join(str(each.path) for each in self.data_sets)
            raise ConfigurationError(
                f"{places} holds no labelled films of the split {self.split!r}; the layout is "
                f"{LAYOUT}."
            )
        return clips


@click.command("calibrate")
@options.bundle
@data_options.data_sets
@options.cache
@click.option(
    "--split",
    type=click.Choice(["train", "valid", "test", "all"]),
    default="valid",
    show_default=True,
    help="The pictures to fit to; none that a figure is measured on later.",
)
@click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path),
    help="Write a copy here and leave the bundle as it is.",
)
@click.option(
    "--runtime",
    default="auto",
    show_default=True,
    help="The one to fit: auto, tensorflow, openvino-fp32 or openvino-int8.",
)
@click.option(
    "--videos", is_flag=True,
    help="Fit the part for videos to the labelled films of the data; that for pictures stays.",
)  # fmt: skip
@options.clip_frames
@click.option(
    "--novelty-rate", default=0.02, show_default=True, metavar="SHARE",
    help="Of files like the training data that may be refused, where the model tells novelty.",
)  # fmt: skip
@click.option(
    "--false-positives",
    type=float,
    metavar="SHARE",
    help="Of real files that may be called fake. Default: 0.02 of pictures, 0.01 of videos.",
)
@click.option(
    "--tail",
    type=click.Choice(["data", "normal"]),
    default="data",
    show_default=True,
    help="Of videos: normal extends --false-positives beyond what few groups show.",
)
@_misses
def calibrate(
    bundle: str | None,
    data_sets: Sequence[DataSet],
    cache_dir: Path | None,
    split: str,
    out_dir: Path | None,
    runtime: str,
    videos: bool,
    clip_frames: int,
    novelty_rate: float,
    false_positives: float | None,
    tail: Tail,
    misses: float,
) -> None:
    """Fit the probabilities and thresholds of a bundle to pictures or videos like yours.

    Only model.json changes, never a weight. Figures that were measured under the old
    calibration are removed from it. Thresholds of videos promise their shares for a film of one
    more person or scene, so what counts is the number of groups and not of films; with too few
    the command says which share they allow. With --tail normal the threshold of fake keeps its
    promise as far as the log-odds of real groups are distributed normally.

    \b
    Examples:
      deepfake calibrate --model models/mine-v1 --data my-faces --out models/mine-v1-here
      deepfake calibrate --model models/mine-v1 --videos --data my-faces --false-positives 0.05
    """
    from core.model.bundle import find_bundle, load_bundle
    from training.calibrate.calibration import Wanted
    from training.calibrate.videos import FALSE_POSITIVES

    if tail != "data" and not videos:
        raise click.UsageError("--tail is of the thresholds of videos; give --videos too.")
    old = load_bundle(find_bundle(bundle))
    if false_positives is None:
        false_positives = FALSE_POSITIVES if videos else 0.02
    wanted = Wanted(false_positives, misses, tail)
    fit = _Fit(old, data_sets, split, cache_dir, wanted, out_dir, runtime)
    report(_fit_videos(fit, clip_frames, novelty_rate) if videos else _fit_pictures(fit))


def _fit_pictures(fit: _Fit) -> Published:
    from training.calibrate.recalibrate import dropped_metrics, recalibrate

    published = recalibrate(
        fit.old, fit.samples(), fit.wanted, where=fit.where, out=fit.out, runtime=fit.runtime
    )
    if dropped := dropped_metrics(fit.old):
        click.echo(
            f"Removed with the old calibration: the figures {', '.join(dropped)}. "
            "Measure again with: deepfake evaluate."
        )
    if any(cell.kind == "video" for cell in fit.old.manifest.expected_error):
        click.echo(
            "Removed too: the expected errors of videos. Measure again with: "
            "deepfake calibrate --videos."
        )
    return published


def _fit_videos(fit: _Fit, frames: int, novelty_rate: float) -> Published:
    from core.faces.detector import load_face_detector
    from training.calibrate.recalibrate_videos import load_for_clips, recalibrate_videos
    from training.calibrate.scored_clips import score_clips
    from training.data.evidence_cache import EvidenceCache
    from training.data.reading import cache_folder

    detector = load_for_clips(fit.old, fit.runtime, fit.out)
    films = EvidenceCache(cache_folder(fit.cache_dir), load_face_detector)
    clips = score_clips(fit.clips(), detector, films, frames=frames)
    for names, what in ((clips.unreadable, "cannot be judged"), (clips.faceless, "have no face")):
        if names:
            click.echo(f"{len(names)} clips {what} and are left out: {', '.join(names)}", err=True)
    samples = [] if fit.old.manifest.novelty is None else fit.samples()
    return recalibrate_videos(
        detector, clips, samples, fit.wanted,
        where=fit.where, out=fit.out, novelty_rate=novelty_rate,
    )  # fmt: skip
