"""What P(fake) of a video is best computed from: the mean logit alone, or more.

    python -m benchmarks.video_calibration --data DIR [--model NAME] [--write FILE]

Cross-validated over persons, scenes or films of the labelled clips of ``valid``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.video_inputs import Compared, compare_inputs
from core.faces.detector import load_face_detector
from core.model.bundle import find_bundle, load_bundle
from core.model.runtimes import load_detector
from training.calibrate.scored_clips import score_clips
from training.data.clips import read_clips
from training.data.data_set import parse_data_sets
from training.data.evidence_cache import EvidenceCache
from training.data.picture import Split
from training.data.reading import cache_folder

_HEAD = "| Computed from | log loss | AUC | log loss saved |\n|---|---|---|---|"


def row(compared: Compared) -> str:
    """One line of the table."""
    saved = f"{compared.log_loss_saved:+.3f}"
    if compared.interval is not None:
        saved += f" ({compared.interval[0]:+.3f} to {compared.interval[1]:+.3f})"
    return f"| {compared.name} | {compared.log_loss:.3f} | {compared.auc:.3f} | {saved} |"


@click.command()
@click.option("--data", "texts", multiple=True, required=True, help="As for deepfake calibrate.")
@click.option("--model", help="Name in models/, or a folder. Default: the default.")
@click.option("--cache", "cache_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(
    texts: Sequence[str], model: str | None, cache_dir: Path | None, write: Path | None
) -> None:
    """Measure, and print the table."""
    bundle = load_bundle(find_bundle(model))
    films = EvidenceCache(cache_folder(cache_dir), load_face_detector)
    clips = read_clips(parse_data_sets(texts), Split.VALID)
    usable = score_clips(clips, load_detector(bundle), films).usable
    groups = len({clip.clip.group for clip in usable})
    told = f"{len(usable)} clips of {groups} persons, scenes or films, {bundle.manifest.name}"
    text = "\n".join([_HEAD, *map(row, compare_inputs(usable))])
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
