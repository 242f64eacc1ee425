"""``deepfake models import``: a Keras or ONNX file from elsewhere becomes a bundle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import BundleInvalid
from deepfake.commands import import_options as options

if TYPE_CHECKING:
    from core.model.bundle import Bundle
    from training.export.foreign_int8 import ForeignInt8
    from training.export.new_bundle import Imported


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.about_the_bundle
@options.about_the_output
@options.about_the_input
@click.option("--threshold-fake", default=0.8, show_default=True,
              type=click.FloatRange(0, 1, min_open=True))  # fmt: skip
@click.option("--threshold-real", default=0.2, show_default=True,
              type=click.FloatRange(0, 1, max_open=True))  # fmt: skip
@click.option("--openvino/--no-openvino", default=True, show_default=True,
              help="Of a Keras file: add an export that runs about 1.4 times as fast on a "
              "CPU. An ONNX file is always served by OpenVINO.")  # fmt: skip
@options.about_int8
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Where bundles lie; the default is the project's models/.")  # fmt: skip
@click.option("--replace", is_flag=True, help="Overwrite a bundle of the same name.")
def import_(file: Path, into: Path | None, *, replace: bool, **stated: Any) -> None:
    """Turn a classifier (.keras, .h5 or .onnx) into a bundle.

    It has one output, or two of which the second is --positive-class. No code from the file is
    run. What the file does not say is asked for, never guessed. A .onnx file needs
    --channel-order too, and --scaling or --mean with --std; OpenVINO serves it on the CPU. The
    result says "calibrated": false, because nothing was fitted to your data: see deepfake
    calibrate.

    \b
    Examples:
      deepfake models import final_inceptionresnetv2_deepfake_model_99.keras \\
        --name seed --positive-class real --scaling unit
      deepfake models import detector.onnx --classes real,fake --output logit \\
        --channel-order rgb --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 \\
        --licence MIT --source https://github.com/someone/detector
      deepfake models import final_inceptionresnetv2_deepfake_model_99.keras \\
        --positive-class real --scaling unit --int8 --calibration-data faces/
      DEEPFAKE_MODEL=seed deepfake serve
    """
    from core.model.bundle import MODELS_DIR

    stated["name"] = stated["name"] or _slug(file.stem)
    if not stated["name"]:
        raise click.UsageError(f"No name of a bundle can be made of {file.name}; state a --name.")
    stated["thresholds"] = _thresholds(stated.pop("threshold_fake"), stated.pop("threshold_real"))
    stated["positive_class"], stated["classes"] = options.meaning(
        stated["positive_class"], stated["classes"]
    )
    int8 = options.int8(
        wanted=stated.pop("int8"), data=stated.pop("calibration_data"),
        loss=stated.pop("int8_loss"), cache_dir=stated.pop("cache_dir"),
        openvino=stated["openvino"],
    )  # fmt: skip
    imported = _import(file, stated, into or MODELS_DIR, int8, replace=replace)
    for warning in imported.warnings:
        click.secho(f"Warning: {warning}", fg="yellow", err=True)
    _report(imported, named=into is None)


def summary(bundle: Bundle) -> str:
    """One line about a bundle: what it takes, what its output means and what runs it."""
    manifest = bundle.manifest
    calibrated = "calibrated" if manifest.calibration else "not calibrated"
    return (
        f"{manifest.name} {manifest.version}: {manifest.input.size} px, {manifest.input.scaling}, "
        f"{manifest.output} of {manifest.positive_class}, {calibrated}, "
        f"runtimes {', '.join(manifest.artifacts)}"
    )


def _import(
    file: Path, stated: dict[str, Any], into: Path, int8: ForeignInt8 | None, *, replace: bool
) -> Imported:
    convert = _from_onnx if file.suffix.lower() == ".onnx" else _from_keras
    try:
        return convert(file, stated, into, replace=replace, int8=int8)
    except OSError as error:
        raise BundleInvalid(f"{into} cannot be written: {error.strerror or error}.") from error


def _from_keras(file: Path, stated: dict[str, Any], into: Path, **how: Any) -> Imported:
    from core.model.preprocess import Scaling
    from core.model.runtimes.quiet import import_tensorflow

    options.refuse_for_keras(stated)
    if stated["scaling"] is None:
        raise click.UsageError("Missing option '--scaling': unit, signed or raw.")
    click.echo("Loading TensorFlow and the model …", err=True)
    import_tensorflow()
    from training.export.importing import ImportRequest, import_model

    known = {key: value for key, value in stated.items() if key not in options.ONNX_ONLY}
    known["scaling"] = Scaling(known["scaling"])
    return import_model(ImportRequest(file=file, **known), into, **how)


def _from_onnx(file: Path, stated: dict[str, Any], into: Path, **how: Any) -> Imported:
    from training.export.onnx.importing import import_onnx
    from training.export.onnx.request import OnnxRequest

    if not stated.pop("openvino"):
        raise click.UsageError("--no-openvino is no choice for an ONNX file: OpenVINO serves it.")
    mean, std = stated.pop("mean"), stated.pop("std")
    stated["scaling"] = options.scaling(stated["scaling"], mean, std)
    click.echo("Loading OpenVINO and the model …", err=True)
    return import_onnx(OnnxRequest(file=file, **stated), into, **how)


def _thresholds(fake: float, real: float) -> Any:
    from core.model.rules import Thresholds

    if real >= fake:
        raise click.UsageError(f"--threshold-real {real:g} is not below --threshold-fake {fake:g}.")
    return Thresholds(fake=fake, real=real)


def _report(imported: Imported, *, named: bool) -> None:
    bundle = imported.bundle
    reference = bundle.manifest.name if named else bundle.path
    click.echo(summary(bundle))
    if imported.parity is not None:
        click.echo(
            f"{imported.compared} differ by at most {imported.parity:.1e} in the raw output."
        )
    if imported.int8 is not None:
        click.echo(f"INT8 differs from FP32 by {imported.int8}.")
    click.echo(f"Written to {bundle.path}\nUse it with:")
    click.echo(f"  DEEPFAKE_MODEL={reference} deepfake serve")
    click.echo("Its thresholds hold for no data until they are fitted to pictures like yours:")
    click.echo(f"  deepfake calibrate --model {reference} --data FOLDER")


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:64]
