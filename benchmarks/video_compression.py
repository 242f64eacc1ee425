"""What H.264 at a low rate costs a detector of videos: the labelled clips, encoded once more.

    python -m benchmarks.video_compression --data DIR [--model NAME] [--crf 28 --crf 33]

Each clip of ``valid`` is encoded anew at each constant rate factor (libx264, ``medium``), and the
detector judges it as it does the clip itself. The AUC is that of the mean logit of a clip. Both
films of a pair are compared with themselves, so that only the encoding differs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import click
import numpy as np

from core.faces.detector import load_face_detector
from core.model.bundle import find_bundle, load_bundle
from core.model.detector import Detector
from core.model.runtimes import load_detector
from training.calibrate.scored_clips import score_clips
from training.data.clips import Clip, read_clips
from training.data.data_set import parse_data_sets
from training.data.evidence_cache import EvidenceCache
from training.data.picture import Split
from training.data.progress import tracked
from training.data.reading import cache_folder
from training.evaluate import resampling
from training.evaluate.metrics import auc, once
from training.evaluate.scores import scores_of_pictures

_HEAD = "| Clips | AUC | AUC lost | change of the mean logit, real | fake |\n|---|---|---|---|---|"

Logits = dict[str, float]  # of a clip, by its key


def encode(film: Path, to: Path, crf: int) -> None:
    """Write the pictures of a film to ``to`` (MP4), in H.264 at a constant rate factor."""
    with av.open(str(film)) as source, av.open(str(to), "w") as target:
        shown = source.streams.video[0]
        stream = target.add_stream("libx264", rate=shown.average_rate or 25)
        stream.options = {"crf": str(crf), "preset": "medium", "threads": "1"}
        stream.pix_fmt = "yuv420p"
        # Half as many colours as pixels need even sides.
        stream.width, stream.height = shown.width // 2 * 2, shown.height // 2 * 2
        for frame in source.decode(shown):
            even = frame.reformat(stream.width, stream.height, "yuv420p")
            even.pict_type = av.video.frame.PictureType.NONE
            target.mux(stream.encode(even))
        target.mux(stream.encode())


def encoded(clips: Sequence[Clip], crf: int, folder: Path) -> list[Clip]:
    """The same clips with files of that rate factor, written to ``folder``."""
    made = []
    for number, clip in enumerate(tracked(clips, f"encoding at CRF {crf}")):
        path = folder / f"{number}.mp4"
        encode(clip.path, path, crf)
        made.append(replace(clip, path=path))
    return made


def mean_logits(clips: Sequence[Clip], detector: Detector, films: EvidenceCache) -> Logits:
    """That of every clip in which a face was found."""
    return {each.clip.key: each.mean_logit for each in score_clips(clips, detector, films).usable}


def row(name: str, clips: Sequence[Clip], before: Logits, after: Logits) -> str:
    """One line of the table, over the clips that have a face before and after."""
    kept = [clip for clip in clips if clip.key in before and clip.key in after]
    fake = np.array([clip.fake for clip in kept], np.bool_)
    first, now = (np.array([each[clip.key] for clip in kept]) for each in (before, after))
    drawn = scores_of_pictures(kept, first, np.ones(len(kept), np.bool_)).resampled()
    resampled = auc(fake, first, drawn) - auc(fake, now, drawn)
    low, high = resampling.interval(resampled) or (np.nan, np.nan)
    lost = once(auc, fake, first) - once(auc, fake, now)
    moved = now - first
    return (
        f"| {name} | {once(auc, fake, now):.3f} | {lost:+.3f} ({low:+.3f} to {high:+.3f}) "
        f"| {moved[~fake].mean():+.2f} | {moved[fake].mean():+.2f} |"
    )


@click.command()
@click.option("--data", "texts", multiple=True, required=True, help="As for deepfake calibrate.")
@click.option("--model", help="Name in models/, or a folder. Default: the default.")
@click.option("--crf", "factors", multiple=True, type=click.IntRange(0, 51), default=(28, 33))
@click.option("--cache", "cache_dir", type=click.Path(file_okay=False, path_type=Path))
def main(
    texts: Sequence[str], model: str | None, factors: Sequence[int], cache_dir: Path | None
) -> None:
    """Measure, and print the table."""
    bundle = load_bundle(find_bundle(model))
    detector = load_detector(bundle)
    films = EvidenceCache(cache_folder(cache_dir), load_face_detector)
    clips = read_clips(parse_data_sets(texts), Split.VALID)
    before = mean_logits(clips, detector, films)
    click.echo(f"{bundle.manifest.name} {bundle.manifest.version}, {detector.runtime.name}")
    click.echo(f"{_HEAD}\n{row('as they are', clips, before, before)}")
    with tempfile.TemporaryDirectory() as folder:
        for factor in factors:
            after = mean_logits(encoded(clips, factor, Path(folder)), detector, films)
            click.echo(row(f"H.264, CRF {factor}", clips, before, after))


if __name__ == "__main__":
    main()
