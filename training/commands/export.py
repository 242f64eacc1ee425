"""``deepfake export``: turn a run into a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigurationError
from training.commands import data_options, options
from training.commands.calibrate import wanted_options
from training.commands.calibration_report import report

if TYPE_CHECKING:
    from training.data.data_set import DataSet
    from training.export.exportable import Exportable
    from training.export.publish import Int8, Origin

_PARITIES = {
    "openvino_fp32_logit": "OpenVINO FP32 differs from Keras",
    "float16_logit": "The network with weights in float16 differs from that in float32",
}


@click.command("export")
@data_options.data_sets
@options.cache
@click.option(
    "--run",
    "run_dir",
    required=True,
    help="Folder of the run.",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--out", "bundle_dir", required=True, type=click.Path(path_type=Path), help="New folder."
)
@click.option("--version", default="1.0.0", show_default=True)
@click.option(
    "--licence", default="not stated", show_default=True, help="Of the weights; see the data's."
)
@click.option(
    "--int8/--no-int8", "with_int8", default=True, show_default=True, help="Add an INT8 export."
)
@click.option(
    "--allow-int8-drop",
    is_flag=True,
    help="Take INT8 even where it loses over 0.5 points of accuracy.",
)
@click.option(
    "--novelty/--no-novelty", "with_novelty", default=True, show_default=True,
    help="Learn what is like the training pictures, of 1,500 of them.",
)  # fmt: skip
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Pictures at most of a source and class that calibrate and measure.",
)
@wanted_options
def export(
    data_sets: Sequence[DataSet],
    cache_dir: Path | None,
    run_dir: Path,
    bundle_dir: Path,
    version: str,
    licence: str,
    with_int8: bool,
    allow_int8_drop: bool,
    with_novelty: bool,
    limit: int,
    false_positives: float,
    misses: float,
) -> None:
    """Turn a run into a bundle: Keras, OpenVINO FP32 and INT8, calibration, thresholds.

    Calibrated on valid and on held-out groups of train, on which also the loss by INT8 is
    measured: over half a point of accuracy nothing is written. Every runtime has to give
    the answers of Keras. A head on a frozen network becomes OpenVINO FP32 and INT8 alone.

    \b
    Example:
      deepfake export --data faces/ --run runs/first --out models/mine-v1
      deepfake export --data faces/ --run runs/clip --out models/clip-faces
    """
    from training.calibrate.calibration import Wanted
    from training.data.reading import with_faces
    from training.export.crops import TRAINED_CROPS
    from training.export.novelty import FEWEST_CROPS
    from training.export.publish import check_new, publish
    from training.fit.pictures import Selection
    from training.frozen.run import is_run
    from training.frozen.tuned import is_tuned

    if allow_int8_drop and not with_int8:
        raise click.UsageError("--allow-int8-drop and --no-int8 exclude each other.")
    int8: Int8 = "none" if not with_int8 else "any" if allow_int8_drop else "bounded"
    check_new(bundle_dir)
    wanted = Wanted(false_positives, misses)
    on_tower = is_run(run_dir) or is_tuned(run_dir)
    network, origin = (_of_head if on_tower else _of_network)(run_dir, version, licence)
    kept, watched = Selection(data_sets, valid_limit=limit, cache_dir=cache_dir).pictures()
    samples = with_faces(watched, cache_dir)
    some = kept[:: max(1, len(kept) // TRAINED_CROPS)]
    if not with_novelty:
        some = some[:: max(1, -(-len(some) // (FEWEST_CROPS - 1)))]
    trained_on = with_faces(some, cache_dir)
    published = publish(
        network, bundle_dir, samples, origin=origin, trained_on=trained_on, wanted=wanted, int8=int8
    )
    report(published)
    if published.bundle.manifest.novelty is None:
        click.echo(
            "novelty: not measured; it needs --novelty, a network with a linear head and "
            f"{FEWEST_CROPS} training pictures."
        )
    _report_losses(published.bundle.manifest.metrics)


def _report_losses(metrics: dict[str, Any]) -> None:
    for name, told in _PARITIES.items():
        if name in metrics["parity"]:
            click.echo(f"{told} by at most {metrics['parity'][name]:.1e} in the logit.")
    if "int8" in metrics:
        loss = metrics["int8"]
        click.echo(
            f"INT8: accuracy {loss['accuracy_fp32']:.4f} -> {loss['accuracy_int8']:.4f}, "
            f"AUC {loss['auc_fp32']:.4f} -> {loss['auc_int8']:.4f} on {loss['pictures']} pictures; "
            f"P(fake) differs by at most {loss['greatest_difference']:.3f}."
        )


def _of_network(run_dir: Path, version: str, licence: str) -> tuple[Exportable, Origin]:
    """A run's network with its averaged weights, and where it comes from."""
    from training.fit.backend import TENSORFLOW, import_backend

    if (backend := import_backend()) != TENSORFLOW:
        raise ConfigurationError(
            f"Keras computes with {backend} here, and networks are exported through TensorFlow: "
            "set KERAS_BACKEND=tensorflow. A network that another backend trained loads in it."
        )
    import keras

    from training.export.keras_network import KerasNetwork
    from training.export.publish import Origin
    from training.fit import AVERAGED, record
    from training.networks import find_network

    file = run_dir / record.FILE
    if not file.is_file():
        raise ConfigurationError(f"{run_dir} holds no run; train one with: deepfake train.")
    content = json.loads(file.read_text())
    network = find_network(content["recipe"]["network"])
    model = keras.saving.load_model(run_dir / AVERAGED, compile=False)
    trained_on, margin = _trained_on(content["pictures"]["train"]), content["recipe"]["margin"]
    origin = Origin(version, trained_on, licence, margin)
    return KerasNetwork(model, network), origin


def _of_head(run_dir: Path, version: str, licence: str) -> tuple[Exportable, Origin]:
    """The same of a run that fitted a head to a network of which most or all stays."""
    from training.export.publish import Origin
    from training.frozen.detector import HeadOnTower
    from training.frozen.run import is_run, load_run
    from training.frozen.towers import find_tower
    from training.frozen.tuned import load_tuned

    fitted = (load_run if is_run(run_dir) else load_tuned)(run_dir)
    tower = find_tower(fitted.network)(fitted.norms)
    origin = Origin(version, _trained_on(fitted.pictures), licence, fitted.margin)
    return HeadOnTower.of(fitted, tower), origin


def _trained_on(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Pictures by source and class, in words."""
    cells = [(n, label, source) for source, each in counts.items() for label, n in each.items()]
    return ", ".join(f"{n} {label} of {source}" for n, label, source in cells if n)
