"""``deepfake models``: the bundles on this machine, and new ones out of Keras files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import BundleInvalid, BundleNotFound, DeepfakeError

if TYPE_CHECKING:
    from core.model.bundle import Bundle
    from training.export.importing import Imported


@click.group()
def models() -> None:
    """List, import and verify model bundles.

    \b
    Examples:
      deepfake models list
      deepfake models verify
      deepfake models import my_model.keras --positive-class real --scaling unit
    """


@models.command("list")
def list_models() -> None:
    """Show the bundles that --model and DEEPFAKE_MODEL take by name.

    \b
    Example:
      deepfake models list
    """
    from core.model.bundle import MODELS_DIR, default_name, installed, load_bundle

    names = installed()
    if not names:
        click.echo(f"There are no bundles in {MODELS_DIR}.", err=True)
        return
    try:
        default = default_name()
    except BundleNotFound:
        default = None
    for name in names:
        mark = "*" if name == default else " "
        try:
            click.echo(f"{mark} {_summary(load_bundle(MODELS_DIR / name))}")
        except DeepfakeError as error:
            click.echo(f"{mark} {name}  unusable: {error.message}")
    if default is not None:
        click.echo("* is the default", err=True)


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME|PATH]...")
def verify(names: tuple[str, ...]) -> None:
    """Check the hashes of bundles, and the answers of every runtime to the self-test.

    Without a name, all bundles. Exit code: 0 when all is well, 1 when anything is not.

    \b
    Examples:
      deepfake models verify
      deepfake models verify ./models/my-model
    """
    from core.model.bundle import find_bundle, installed, load_bundle
    from deepfake.doctor.self_tests import run_self_tests

    failures = 0
    for name in names or installed():
        try:
            bundle = load_bundle(find_bundle(name))
            click.echo(f"{bundle.manifest.name} {bundle.manifest.version}")
            click.echo("  hashes         ok")
            for answer in run_self_tests(bundle):
                failures += not answer.ok
                click.echo(
                    f"  {answer.runtime:<14} {'ok' if answer.ok else 'FAIL'}  {answer.detail}"
                )
        except DeepfakeError as error:
            failures += 1
            click.echo(f"{name}\n  FAIL  {error.message}")
    click.get_current_context().exit(1 if failures else 0)


@models.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="Lower case; the default is made of the file's name.")
@click.option("--version", default="1", show_default=True, help="Of the model.")
@click.option("--positive-class", required=True, type=click.Choice(["fake", "real"]),
              help="What an output near 1 means. Class folders count by alphabet: fake 0, real 1, "
              "so a model trained on them answers P(real).")  # fmt: skip
@click.option("--scaling", required=True, type=click.Choice(["unit", "signed", "raw"]),
              help="What the model was trained on: unit is x/255 (Rescaling(1./255)), signed is "
              "x/127.5-1, raw is 0 to 255 (the model scales inside itself).")  # fmt: skip
@click.option("--input-size", type=click.IntRange(32, 1024), metavar="PIXELS",
              help="Needed only where the model takes any size.")  # fmt: skip
@click.option("--output", type=click.Choice(["probability", "logit"]),
              help="Needed only where the last activation does not tell.")  # fmt: skip
@click.option("--threshold-fake", default=0.8, show_default=True,
              type=click.FloatRange(0, 1, min_open=True))  # fmt: skip
@click.option("--threshold-real", default=0.2, show_default=True,
              type=click.FloatRange(0, 1, max_open=True))  # fmt: skip
@click.option("--data", default="not stated", help="What it was trained on; for the record.")
@click.option("--licence", default="not stated", help="Of the weights; for the record.")
@click.option("--openvino/--no-openvino", default=True, show_default=True,
              help="Add an export that runs about 1.4 times as fast on a CPU.")  # fmt: skip
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Where bundles lie; the default is the project's models/.")  # fmt: skip
@click.option("--replace", is_flag=True, help="Overwrite a bundle of the same name.")
def import_(
    file: Path,
    name: str | None,
    threshold_fake: float,
    threshold_real: float,
    into: Path | None,
    replace: bool,
    **about: Any,
) -> None:
    """Turn a Keras classifier (.keras or .h5) into a bundle.

    One sigmoid or logit output, or two softmax outputs, of which the second is
    --positive-class. No code from the file is run. The result says "calibrated": false,
    because nothing was fitted to your data.

    \b
    Examples:
      deepfake models import final_inceptionresnetv2_deepfake_model_99.keras \\
        --name seed --positive-class real --scaling unit
      DEEPFAKE_MODEL=seed deepfake serve
    """
    from core.model.bundle import MODELS_DIR

    if threshold_real >= threshold_fake:
        raise click.UsageError(
            f"--threshold-real {threshold_real:g} is not below --threshold-fake {threshold_fake:g}."
        )
    if not (name := name or _slug(file.stem)):
        raise click.UsageError(f"No name of a bundle can be made of {file.name}; state a --name.")
    click.echo("Loading TensorFlow and the model …", err=True)
    imported = _import(
        file, name, (threshold_fake, threshold_real), about,
        into or MODELS_DIR, replace,
    )  # fmt: skip
    for warning in imported.warnings:
        click.secho(f"Warning: {warning}", fg="yellow", err=True)
    _report(imported, named=into is None)


def _import(
    file: Path,
    name: str,
    thresholds: tuple[float, float],
    about: dict[str, Any],
    into: Path,
    replace: bool,
) -> Imported:
    from core.model.preprocess import Scaling
    from core.model.rules import Thresholds
    from core.model.runtimes.quiet import import_tensorflow

    import_tensorflow()
    from training.export.importing import ImportRequest, import_model

    scaling = Scaling(about.pop("scaling"))
    fake, real = thresholds
    request = ImportRequest(
        source=file,
        name=name,
        scaling=scaling,
        thresholds=Thresholds(fake=fake, real=real),
        **about,
    )
    try:
        return import_model(request, into, replace=replace)
    except OSError as error:
        raise BundleInvalid(f"{into} cannot be written: {error.strerror or error}.") from error


def _report(imported: Imported, *, named: bool) -> None:
    bundle = imported.bundle
    click.echo(_summary(bundle))
    if imported.parity is not None:
        click.echo(f"Keras and OpenVINO differ by at most {imported.parity:.1e} in the raw output.")
    click.echo(f"Written to {bundle.path}\nUse it with:")
    click.echo(f"  DEEPFAKE_MODEL={bundle.manifest.name if named else bundle.path} deepfake serve")


def _summary(bundle: Bundle) -> str:
    manifest = bundle.manifest
    calibrated = "calibrated" if manifest.calibration else "not calibrated"
    return (
        f"{manifest.name} {manifest.version}: {manifest.input.size} px, {manifest.input.scaling}, "
        f"{manifest.output} of {manifest.positive_class}, {calibrated}, "
        f"runtimes {', '.join(manifest.artifacts)}"
    )


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:64]
