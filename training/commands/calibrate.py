"""``deepfake calibrate``: fit a bundle's probabilities and thresholds to data of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from training.commands import data_options, options
from training.commands.calibration_report import report

if TYPE_CHECKING:
    from core.model.bundle import Bundle
    from training.calibrate.calibration import Tail
    from training.data.cache import Sample
    from training.data.clips import Clip
    from training.data.data_set import DataSet
    from training.data.evidence_cache import EvidenceCache
    from training.export.publish import Published

_method = click.option(
    "--method",
    type=click.Choice(["platt", "temperature"]),
    default="platt",
    show_default=True,
    help="platt fits slope and offset; temperature the slope alone, for few pictures.",
)
_false_positives = click.option(
    "--false-positives",
    default=0.02,
    show_default=True,
    metavar="SHARE",
    help="Of real pictures that may be called fake.",
)
_false_positives_by_kind = click.option(
    "--false-positives",
    type=float,
    metavar="SHARE",
    help="Of real files that may be called fake. Default: 0.02 of pictures, 0.01 of videos.",
)
_tail = click.option(
    "--tail",
    type=click.Choice(["data", "normal"]),
    default="data",
    show_default=True,
    help="Of videos: normal extends --false-positives beyond what few groups show.",
)
_misses = click.option(
    "--misses",
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Of fakes that may be called real; between both thresholds it is inconclusive.",
)


def wanted_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --method, --false-positives and --misses."""
    return _method(_false_positives(_misses(command)))


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
@_method
@_false_positives_by_kind
@_tail
@_misses
def calibrate(bundle: str | None, videos: bool, **choices: Any) -> None:
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

    old = load_bundle(find_bundle(bundle))
    report((_fit_videos if videos else _fit_pictures)(old, **choices))


def _fit_pictures(
    old: Bundle,
    *,
    method: Literal["platt", "temperature"],
    false_positives: float | None,
    tail: Tail,
    misses: float,
    out_dir: Path | None,
    runtime: str,
    **of_data: Any,
) -> Published:
    if tail != "data":
        raise click.UsageError("--tail is of the thresholds of videos; give --videos too.")
    from training.calibrate.calibration import Wanted
    from training.calibrate.recalibrate import dropped_metrics, recalibrate

    wanted = Wanted(method, 0.02 if false_positives is None else false_positives, misses)
    samples, where = _samples(**of_data), _where(**of_data)
    published = recalibrate(old, samples, wanted, where=where, out=out_dir, runtime=runtime)
    if dropped := dropped_metrics(old):
        click.echo(
            f"Removed with the old calibration: the figures {', '.join(dropped)}. "
            "Measure again with: deepfake evaluate."
        )
    if any(cell.kind == "video" for cell in old.manifest.expected_error):
        click.echo(
            "Removed too: the expected errors of videos. Measure again with: "
            "deepfake calibrate --videos."
        )
    return published


def _fit_videos(
    old: Bundle,
    *,
    method: Literal["platt", "temperature"],
    false_positives: float | None,
    tail: Tail,
    misses: float,
    out_dir: Path | None,
    runtime: str,
    clip_frames: int,
    novelty_rate: float,
    **of_data: Any,
) -> Published:
    from training.calibrate.calibration import Wanted
    from training.calibrate.recalibrate_videos import load_for_clips, recalibrate_videos
    from training.calibrate.scored_clips import score_clips
    from training.calibrate.videos import FALSE_POSITIVES

    share = FALSE_POSITIVES if false_positives is None else false_positives
    wanted = Wanted(method, share, misses, tail)
    detector = load_for_clips(old, runtime, out_dir)
    clips = score_clips(_clips(**of_data), detector, _films(**of_data), frames=clip_frames)
    for names, what in ((clips.unreadable, "cannot be judged"), (clips.faceless, "have no face")):
        if names:
            click.echo(f"{len(names)} clips {what} and are left out: {', '.join(names)}", err=True)
    samples = [] if old.manifest.novelty is None else _samples(**of_data)
    return recalibrate_videos(
        detector, clips, samples, wanted,
        where=_where(**of_data), out=out_dir, novelty_rate=novelty_rate,
    )  # fmt: skip


def _samples(
    *,
    data_sets: Sequence[DataSet],
    cache_dir: Path | None,
    split: str,
    **_: Any,
) -> list[Sample]:
    from training.data.reading import read_samples

    return read_samples(data_sets, data_options.split_of(split), cache_dir)


def _clips(
    *,
    data_sets: Sequence[DataSet],
    split: str,
    **_: Any,
) -> list[Clip]:
    from core.errors import ConfigurationError
    from training.data.clips import LAYOUT, read_clips

    clips = read_clips(data_sets, data_options.split_of(split))
    if not clips:
        places = ", ".join(str(each.path) for each in data_sets)
        raise ConfigurationError(
            f"{places} holds no labelled films of the split {split!r}; the layout is {LAYOUT}, or "
            "a table with the columns file and class."
        )
    return clips


def _films(*, cache_dir: Path | None, **_: Any) -> EvidenceCache:
    from core.faces.detector import load_face_detector
    from training.data.evidence_cache import EvidenceCache
    from training.data.reading import cache_folder

    return EvidenceCache(cache_folder(cache_dir), load_face_detector)


def _where(*, split: str, data_sets: Sequence[DataSet], **_: Any) -> str:
    return f"{split} of {', '.join(each.name for each in data_sets)}"
