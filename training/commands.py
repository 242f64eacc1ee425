"""What the commands of ``training/cli.py`` do, once the options are read."""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from core.bundle import RuntimeName, find_bundle, load_bundle
from core.errors import ConfigurationError
from core.faces import load_face_detector
from core.runtimes import choose
from training import checkpoint
from training.data.cache import Sample, load_samples
from training.data.manifest import Picture, Split, hold_out, read_pictures
from training.evaluation.figures import table
from training.evaluation.gate import broken_claims
from training.fit import AVERAGED, Run, validator
from training.networks import find_network
from training.publish import INT8_CROPS, Origin, measure, publish, record
from training.recipe import Recipe

VALIDATION_LIMIT = 240  # pictures a source and class in the figure shown while training


def run_fit(recipe: Recipe, data_dir: Path, run_dir: Path, cache_dir: Path | None) -> None:
    """Train on ``train`` without its held-out groups; watch ``valid``."""
    kept, held = hold_out(read_pictures(data_dir, Split.TRAIN))
    watched = read_samples(data_dir, Split.VALID, cache_dir)
    watched += load_samples(held, cache_folder(cache_dir), load_face_detector, progress=show)
    valid = _first_of_each(watched)
    samples = load_samples(kept, cache_folder(cache_dir), load_face_detector, progress=show)
    click.echo(f"{len(samples)} pictures to train on, {len(held)} held out, {len(valid)} to watch")
    run = Run(recipe, run_dir)
    if run.step:
        click.echo(f"continuing at step {run.step}")
    run.fit(samples, validate=validator(valid, run.network, size=recipe.size))
    click.echo(f"done: {run_dir}")


def read_recipe(run_dir: Path) -> dict[str, Any]:
    """The settings that a run was started with, as JSON values."""
    state = checkpoint.load(run_dir)
    if state is None:
        raise ConfigurationError(f"{run_dir} holds no checkpoint; train with: training fit.")
    recipe: dict[str, Any] = json.loads(state.recipe)
    return recipe


def read_samples(data_dir: Path, split: Split, cache_dir: Path | None) -> list[Sample]:
    """Every picture of a split with its face box."""
    pictures = read_pictures(data_dir, split)
    return load_samples(pictures, cache_folder(cache_dir), load_face_detector, progress=show)


def cache_folder(cache_dir: Path | None) -> Path:
    """The folder given, or one in the user's cache: never inside the repository."""
    return cache_dir or Path.home() / ".cache" / "deepfake" / "training"


def show(done: int, total: int) -> None:
    """One line that overwrites itself while faces are being found."""
    if done % 50 == 0 or done == total:
        click.echo(f"\rfaces {done}/{total}", nl=done == total, err=True)


def _first_of_each(samples: list[Sample]) -> list[Sample]:
    taken: dict[tuple[str, bool], int] = {}
    chosen = []
    for sample in samples:
        kind = (sample.picture.source, sample.picture.fake)
        taken[kind] = taken.get(kind, 0) + 1
        if taken[kind] <= VALIDATION_LIMIT:
            chosen.append(sample)
    return chosen


def run_export(
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

    recipe = read_recipe(run_dir)
    network = find_network(recipe["network"])
    model = keras.saving.load_model(run_dir / AVERAGED, compile=False)
    kept, held = hold_out(read_pictures(data_dir, Split.TRAIN))
    folder = cache_folder(cache_dir)
    samples = read_samples(data_dir, Split.VALID, cache_dir)
    samples += load_samples(held, folder, load_face_detector, progress=show)
    ranges = load_samples(kept[:: max(1, len(kept) // INT8_CROPS)], folder, load_face_detector)
    origin = Origin(version, _counts(kept), licence)
    bundle = publish(model, network, bundle_dir, samples, origin=origin, ranges=ranges)
    thresholds = bundle.manifest.thresholds
    click.echo(f"{bundle_dir}: fake from {thresholds.fake}, real up to {thresholds.real}")


def _counts(pictures: Sequence[Picture]) -> str:
    """What was trained on, for ``model.json``: pictures by source and class."""
    counts = Counter((each.source, "fake" if each.fake else "real") for each in pictures)
    return ", ".join(f"{n} {label} of {source}" for (source, label), n in sorted(counts.items()))


def run_evaluate(
    data_dir: Path,
    name: str | None,
    split: str,
    runtimes: tuple[str, ...],
    json_file: Path | None,
    cache_dir: Path | None,
    *,
    save: bool = False,
) -> None:
    """Print the figures of a bundle; write them to a file, or into the bundle."""
    bundle = load_bundle(find_bundle(name))
    names = [RuntimeName(runtime) for runtime in runtimes] or list(bundle.manifest.artifacts)
    samples = read_samples(data_dir, Split(split), cache_dir)
    reports = measure(bundle, samples, names)
    for runtime, report in reports.items():
        click.echo(f"\n{bundle.manifest.name} on {split}, {runtime}\n{table(report)}")
    if json_file is not None:
        json_file.write_text(json.dumps({"split": split, "runtimes": reports}, indent=2) + "\n")
    if save:
        record(bundle, split, reports)
        click.echo(f"\nwritten into {bundle.path / 'model.json'}")


def run_gate(data_dir: Path, name: str | None, cache_dir: Path | None) -> None:
    """Measure ``valid`` in the runtime that serves on a CPU and compare with the claims."""
    bundle = load_bundle(find_bundle(name))
    runtime = choose(bundle)
    samples = read_samples(data_dir, Split.VALID, cache_dir)
    report = measure(bundle, samples, [runtime])[runtime.value]
    click.echo(f"{bundle.manifest.name} on valid, {runtime}\n{table(report)}")
    broken = broken_claims(bundle.manifest.metrics["valid"][runtime.value], report)
    if broken:
        raise click.ClickException("The bundle breaks its claims:\n" + "\n".join(broken))
    click.echo("Every figure is what model.json claims.")
