"""``deepfake scan``: judge files and folders on this machine, without a service."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cores import usable_cores
from deepfake.commands.model_options import WantedModels, model_options
from deepfake_client.outcome import FAILED_EXIT_CODE, OutcomePrinter

if TYPE_CHECKING:
    from core.evidence import ExtractOptions
    from core.model.bundle import Bundle
    from core.pipeline.judges import Judge, Judges
    from deepfake.scan.media_files import FoundFiles
    from deepfake.scan.scanner import Scanner

_MAX_DECODERS = 4


def _anchors(_context: click.Context, _option: click.Parameter, file: Path | None) -> Path | None:
    from worker.decoder.trust import anchors_of, in_force, is_overdue, overdue_notice

    try:
        anchors = anchors_of(file)
    except ValueError as error:
        raise click.BadParameter(f"{file}: {error}.") from error
    if is_overdue(anchors):
        click.echo(f"Note: {overdue_notice()}", err=True)
    return in_force(anchors)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and file.")
@click.option(
    "--frames", type=click.IntRange(1, 50), default=10, show_default=True,
    help="Frames sampled from a video.",
)  # fmt: skip
@click.option(
    "--sampling", type=click.Choice(["keyframes", "exact"]), default="keyframes",
    show_default=True, help="keyframes is faster, exact hits the even spacing.",
)  # fmt: skip
@model_options
@click.option(
    "--decode-timeout", "deadline_s", type=click.FloatRange(min=1), default=120.0,
    show_default=True, metavar="SECONDS", help="A file that takes longer is given up.",
)  # fmt: skip
@click.option(
    "--trust-anchors", type=click.Path(path_type=Path), callback=_anchors, metavar="PEM",
    envvar="DEEPFAKE_C2PA_TRUST_ANCHORS",
    help="Certificates of authorities whose content credentials (C2PA) are trusted, instead of the "
    "C2PA trust list that ships; none trusts nobody.",
)  # fmt: skip
def scan(
    paths: tuple[Path, ...],
    as_json: bool,
    frames: int,
    sampling: str,
    models: WantedModels,
    deadline_s: float,
    trust_anchors: Path | None,
) -> None:
    """Judge files, and the media in folders, without a service.

    Models are loaded once. Files are decoded in sandboxed child processes, so a broken
    or hostile file costs its own line and nothing else. Exit code: 0 when every file was
    judged, 2 when at least one was not.

    \b
    Examples:
      deepfake scan portrait.jpg
      deepfake scan ~/Videos --frames 20 --sampling exact --video-model clip-faces
      deepfake scan evidence/ --json | jq -r 'select(.result.verdict == "fake").file'
    """
    from core.evidence import ExtractOptions
    from core.options import Sampling
    from deepfake.scan.media_files import find_media

    found = find_media(paths)
    if found.files:
        options = ExtractOptions(frames=frames, sampling=Sampling(sampling))
        printer = OutcomePrinter([str(file) for file in found.files], as_json=as_json)
        with (
            _scanner(models, options, deadline_s, trust_anchors, len(found.files)) as scanner,
            printer.progress(),
        ):
            for outcome in scanner.scan(found.files):
                printer.print(outcome)
        if printer.failures:
            click.echo(f"{printer.failures} of {len(found.files)} files failed.", err=True)
            click.get_current_context().exit(_after_skipped(found, FAILED_EXIT_CODE))
    else:
        click.echo("No media files were found.", err=True)
    click.get_current_context().exit(_after_skipped(found, 0))


def _after_skipped(found: FoundFiles, exit_code: int) -> int:
    if found.skipped:
        click.echo(
            f"{len(found.skipped)} files in folders are no media and were skipped:", err=True
        )
        for file in found.skipped:
            click.echo(f"  {file}", err=True)
    return exit_code


@contextmanager
def _scanner(
    models: WantedModels,
    options: ExtractOptions,
    deadline_s: float,
    trust_anchors: Path | None,
    files: int,
) -> Iterator[Scanner]:
    from deepfake.scan.scanner import Scanner
    from worker.decoder.config import DecoderConfig
    from worker.decoder.pool import DecoderPool

    # That a decoder was replaced stands in its file's outcome already.
    logging.getLogger("worker").setLevel(logging.ERROR)
    cores = usable_cores()
    parallel = min(cores, _MAX_DECODERS, files)
    config = DecoderConfig(threads=max(1, cores // parallel), trust_anchors=trust_anchors)
    decoders = DecoderPool(config, parallel, spare=0)  # they start while the models load
    try:
        judges = _load(models)
        decoders.wait_ready()
        yield Scanner(judges, decoders, options, parallel=parallel, deadline_s=deadline_s)
    finally:
        decoders.close()


def _load(models: WantedModels) -> Judges:
    from core.model.bundle import find_bundle, load_bundle
    from core.pipeline.judges import Judges

    images = load_bundle(find_bundle(models.model))
    if models.video_model is None:
        return Judges(_judge(images, models.runtime))
    videos = load_bundle(find_bundle(models.video_model))
    return Judges(_judge(images, models.runtime), _judge(videos, models.video_runtime))


def _judge(bundle: Bundle, runtime: str | None) -> Judge:
    from core.model.runtimes import AUTO, load_detector
    from core.pipeline.judges import Judge
    from deepfake.doctor.machine import gpu_uuids

    detector = load_detector(bundle, runtime=runtime or AUTO, gpu=bool(gpu_uuids()))
    return Judge(detector, bundle, detector.runtime.name)
