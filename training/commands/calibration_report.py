"""What ``deepfake calibrate`` and ``deepfake export`` print of a calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core.model.bundle import Manifest
    from training.export.publish import Published


def report(published: Published) -> None:
    """Print what held-back files say of a calibration, what it is, and the expected errors."""
    manifest = published.bundle.manifest
    click.echo(published.judged.describe())
    if manifest.calibration is not None:
        click.echo(
            f"{manifest.calibration.method}: slope {manifest.calibration.slope:.4f}, "
            f"intercept {manifest.calibration.intercept:.4f}"
        )
    click.echo(
        f"{published.bundle.path}: fake from {manifest.thresholds.fake}, "
        f"real up to {manifest.thresholds.real}"
    )
    _report_videos(manifest)


def _report_videos(manifest: Manifest) -> None:
    """The part for videos, where there is one, and what its thresholds promise."""
    from core.pipeline.expected_error import described

    video, band = manifest.calibration and manifest.calibration.video, manifest.thresholds.video
    if video is not None and band is not None:
        click.echo(
            f"of videos, {video.method}: slope {video.slope:.4f}, intercept {video.intercept:.4f}; "
            f"fake from {band.fake}, real up to {band.real}"
        )
    for cell in manifest.expected_error:
        click.echo(
            f"{described(cell)}: {cell.wrong} wrong of {cell.decided} decided of {cell.files}"
        )
    if told := manifest.metrics.get("video_calibration"):
        assumed = " as far as their log-odds are normal" if told.get("tail") == "normal" else ""
        click.echo(
            f"Of real videos like these at most {told['false_positives']:.1%} are called "
            f"fake{assumed}, on average over samples of {told['real_groups']} groups; by this "
            f"sample, with 95 % certainty, at most {told['false_positives_at_most']:.1%}. Of fake "
            f"ones at most {told['misses']:.1%} are called real; by this sample at most "
            f"{told['misses_at_most']:.1%}."
        )
    if manifest.novelty is not None:
        click.echo(
            f"novelty: no verdict above {manifest.novelty.limit:g}, {manifest.novelty.rate:.1%} of "
            f"{manifest.novelty.fitted_on}"
        )
