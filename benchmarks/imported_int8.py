"""Inception-ResNet-v2 at 299² from a .keras file: what INT8 of an import gains.

    python -m benchmarks.imported_int8 make net.keras --data ../shared/data2
    deepfake models import net.keras --name irv2 --positive-class fake --scaling unit --int8 --calibration-data faces/
    python -m benchmarks.imported_int8 time irv2

``make`` takes random weights, estimates every batch normalization on face crops, so that no map
vanishes, and fits the last layer to labelled crops: what comes out tells some fakes, and has logits
that spread as those of a trained network do. ``time`` lets Keras and the runtimes of any bundle
take turns.
"""  # noqa: E501 - a command is one line

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.int8_speed import CROPS, machine
from core.model.bundle import Bundle, InputSpec, RuntimeName, find_bundle, load_bundle
from core.model.preprocess import Scaling, from_jpegs
from core.model.runtimes import load_detector
from core.model.runtimes.quiet import import_tensorflow

SIZE, LABELLED = 299, 480
_BATCH, _BATCHES = 8, 8  # that estimate the normalizations; a call with more keeps gigabytes

Tensor = NDArray[np.float32]


@click.group()
def main() -> None:
    """Make a file to import, or time a bundle."""


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", required=True, help="As of deepfake train.")
@click.option("--cache", "cache_dir", type=click.Path(path_type=Path))
def make(file: Path, data: str, cache_dir: Path | None) -> None:
    """Write the network with a sigmoid at its end."""
    from training.data.data_set import parse_data_sets
    from training.data.reading import with_faces
    from training.evaluate.scoring import cut_crops
    from training.fit.pictures import Selection

    kept, _ = Selection(parse_data_sets([data]), limit=40).pictures()
    chosen = np.random.default_rng(0).permutation(len(kept))[:LABELLED]
    samples = with_faces([kept[index] for index in chosen], cache_dir)
    crops = cut_crops(samples, InputSpec(size=SIZE, scaling=Scaling.UNIT))
    import_tensorflow()
    fitted(crops, np.array([sample.picture.fake for sample in samples])).save(file)


def fitted(crops: list[bytes], fake: NDArray[np.bool_]) -> Any:
    """The network whose last layer is a logistic regression on what the random ones say."""
    import keras
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from training.networks.inception_resnet_v2 import build

    keras.utils.set_random_seed(0)
    model = build(SIZE)
    tensors = [_tensor(crops[at : at + _BATCH]) for at in range(0, len(crops), _BATCH)]
    _normalize(model, tensors[:_BATCHES])
    hidden = keras.Model(model.input, model.get_layer("hidden_bn").output)
    features = np.concatenate([hidden.predict(each, verbose=0) for each in tensors])
    fit = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=2000))
    scale, regression = (step for _, step in fit.fit(features, fake).steps)
    kernel = regression.coef_[0] / scale.scale_
    bias = regression.intercept_ - kernel @ scale.mean_
    model.get_layer("logit").set_weights([kernel[:, None], bias])
    return keras.Model(model.input, keras.layers.Activation("sigmoid")(model.output))


def _normalize(model: Any, tensors: list[Tensor]) -> None:
    """Mean and variance of every BatchNormalization, each batch weighing alike."""
    layers = [each for each in model.layers if type(each).__name__ == "BatchNormalization"]
    for number, tensor in enumerate(tensors):
        for layer in layers:
            layer.momentum = number / (number + 1)
        model(tensor, training=True)


def _tensor(crops: list[bytes]) -> Tensor:
    return from_jpegs(crops, size=SIZE, scaling=Scaling.UNIT)


@main.command("time")
@click.argument("name")
@click.option("--rounds", default=7, show_default=True)
def time_(name: str, rounds: int) -> None:
    """Ten crops through Keras and through every runtime of OpenVINO, in turns."""
    ways = contenders(load_bundle(find_bundle(name)))
    times: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds + 1):
        for way, run in ways.items():
            started = time.perf_counter()
            run()
            if turn:  # the first round compiles
                times[way].append(time.perf_counter() - started)
    slowest = min(times["model.predict"])
    click.echo(f"{CROPS} crops, {rounds} rounds. {machine()}\n")
    click.echo(
        "| Runtime | fastest, ms | median, ms | crops/s | times as fast |\n|---|---|---|---|---|"
    )
    for way, took in times.items():
        best, median = min(took), float(np.median(took))
        click.echo(
            f"| {way} | {1e3 * best:,.0f} | {1e3 * median:,.0f} | {CROPS / best:.1f} "
            f"| {slowest / best:.1f} |"
        )


def contenders(bundle: Bundle) -> dict[str, Callable[[], Any]]:
    """Every way to the answers of ten crops of noise."""
    import_tensorflow()
    import keras
    import tensorflow as tf

    size = bundle.manifest.input.size
    crops = np.random.default_rng(0).random((CROPS, size, size, 3), np.float32)
    model = keras.saving.load_model(bundle.file(RuntimeName.TENSORFLOW), compile=False)
    signature = [tf.TensorSpec((None, size, size, 3), tf.float32)]
    compiled = tf.function(lambda x: model(x, training=False), input_signature=signature)
    ways: dict[str, Callable[[], Any]] = {
        "model.predict": lambda: model.predict(crops, verbose=0),
        "tf.function": lambda: compiled(tf.constant(crops)).numpy(),
    }
    for name in (RuntimeName.OPENVINO_FP32, RuntimeName.OPENVINO_INT8):
        runtime = load_detector(bundle, runtime=name).runtime
        ways[name.value] = lambda runtime=runtime: runtime.predict(crops)  # type: ignore[misc]
    return ways


if __name__ == "__main__":
    main()
