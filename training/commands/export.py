"""``deepfake export``: turn a run into a bundle."""

# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigurationError
from training.commands import options

if TYPE_CHECKING:
    from training.data.manifest import Picture


@click.command("export")
@options.data
@options.cache
@click.option(
    "--run", "run_dir", required=True, type=click.Path(exists=True, path_type=Path), help="Run."
)
@click.option(
    "--out", "bundle_dir", required=True, type=click.Path(path_type=Path), help="New folder."
)
@click.option("--version", default="1.0.0", show_default=True)
@click.option(
    "--licence", default="not stated", show_default=True, help="Of the weights; see the data's."
)
def export(
    data_dir: Path,
    cache_dir: Path | None,
    run_dir: Path,
    bundle_dir: Path,
    version: str,
    licence: str,
) -> None:
    """Turn a run into a bundle: Keras, OpenVINO FP32 and INT8, calibration, thresholds.

    \b
    Example:
      deepfake export --data ../shared/data --run /tmp/run --out models/mine-v1
    """
    _export(data_dir, run_dir, bundle_dir, cache_dir, version=version, licence=licence)


def _export(
    data_dir: Path,
    run_dir: Path,
    bundle_dir: Path,
    cache_dir: Path | None,
    *,
    version: str,
    licence: str,
) -> None:
    """Export a run and calibrate it on ``valid`` and the held-out groups of ``train``."""
    import keras

    from training.data.manifest import Split, hold_out, read_pictures
    from training.data.reading import read_samples, with_faces
    from training.fit import AVERAGED
    from training.networks import find_network
    from training.publish import INT8_CROPS, Origin, publish

    recipe = _read_recipe(run_dir)
    network = find_network(recipe["network"])
    model = keras.saving.load_model(run_dir / AVERAGED, compile=False)
    kept, held = hold_out(read_pictures(data_dir, Split.TRAIN))
    samples = read_samples(data_dir, Split.VALID, cache_dir)
    samples += with_faces(held, cache_dir)
    ranges = with_faces(kept[:: max(1, len(kept) // INT8_CROPS)], cache_dir)
    origin = Origin(version, _counts(kept), licence)
    bundle = publish(model, network, bundle_dir, samples, origin=origin, ranges=ranges)
    thresholds = bundle.manifest.thresholds
    click.echo(f"{bundle_dir}: fake from {thresholds.fake}, real up to {thresholds.real}")


def _counts(pictures: Sequence[Picture]) -> str:
    """What was trained on, for ``model.json``: pictures by source and class."""
    counts = Counter((each.source, "fake" if each.fake else "real") for each in pictures)
    return ", ".join(f"{n} {label} of {source}" for (source, label), n in sorted(counts.items()))


def _read_recipe(run_dir: Path) -> dict[str, Any]:
    """The settings that a run was started with, as JSON values."""
    from training import checkpoint

    state = checkpoint.load(run_dir)
    if state is None:
        raise ConfigurationError(f"{run_dir} holds no checkpoint; train with: deepfake train.")
    recipe: dict[str, Any] = json.loads(state.recipe)
    return recipe
