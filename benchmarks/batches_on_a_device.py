"""Crops a second of a Keras network by the size of a batch, on a GPU where there is one.

    python -m benchmarks.batches_on_a_device                      # the bundled detector
    python -m benchmarks.batches_on_a_device irv2 --batches 1,8,32,128 --write FILE

Four ways to compute the same weights, which take turns: ``model.predict``, as a user would; the
``tf.function`` of the worker; the same compiled by XLA; and by XLA in half precision, bfloat16 on
a CPU and float16 on a GPU. What half precision does to the answers is told beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.int8_speed import machine
from core.model.bundle import Bundle, RuntimeName, find_bundle, load_bundle
from core.model.runtimes.quiet import import_tensorflow

PREDICT, FUNCTION, XLA, HALF = "model.predict", "tf.function", "XLA", "XLA, half precision"
Tensor: TypeAlias = NDArray[np.float32]
Way: TypeAlias = Callable[[Tensor], Tensor]


def ways(bundle: Bundle) -> dict[str, Way]:
    """How to compute the answers (n,) of crops (n, size, size, 3), by name."""
    import keras
    import tensorflow as tf

    (file,) = (
        bundle.path / name
        for name in bundle.manifest.artifacts[RuntimeName.TENSORFLOW].files
        if name.endswith(".keras")
    )
    model = keras.saving.load_model(file, compile=False)
    policy = keras.config.dtype_policy()
    gpu = bool(tf.config.list_physical_devices("GPU"))
    keras.config.set_dtype_policy("mixed_float16" if gpu else "mixed_bfloat16")
    half = in_policy(model)
    keras.config.set_dtype_policy(policy)

    def called(network: Any, *, compiled: bool) -> Way:
        run = tf.function(lambda x: network(x, training=False), jit_compile=compiled)
        return lambda crops: first_answer(run(tf.constant(crops)))

    return {
        PREDICT: lambda crops: first_answer(model.predict(crops, verbose=0, batch_size=len(crops))),
        FUNCTION: called(model, compiled=False),
        XLA: called(model, compiled=True),
        HALF: called(half, compiled=True),
    }


def in_policy(model: Any) -> Any:
    """The same network with each layer in the global dtype policy; its weights stay float32."""
    import keras

    config = model.get_config()
    policy = keras.saving.serialize_keras_object(keras.config.dtype_policy())
    for layer in config["layers"]:
        if isinstance(layer["config"].get("dtype"), dict):  # an input has no policy
            layer["config"]["dtype"] = policy
    made = model.__class__.from_config(config)
    made.set_weights(model.get_weights())
    return made


def first_answer(output: Any) -> Tensor:
    """Of a network with several outputs the logit; (n,) float32."""
    chosen = output["logit"] if isinstance(output, Mapping) else output
    return np.asarray(chosen, np.float32).reshape(len(chosen), -1)[:, 0]


def crops_per_s(way: Way, crops: Tensor, seconds: float) -> float:
    """The rate of as many calls as fit, after the first, which traces and compiles."""
    way(crops)
    started, calls = time.perf_counter(), 0
    while not calls or time.perf_counter() - started < seconds:
        way(crops)
        calls += 1
    return calls * len(crops) / (time.perf_counter() - started)


def rates(found: Mapping[str, Way], crops: Tensor, seconds: float, rounds: int) -> dict[str, float]:
    """The median rate of each way over rounds in turn."""
    each: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, way in found.items():
            each[name].append(crops_per_s(way, crops, seconds))
    return {name: median(values) for name, values in each.items()}


def row(batch: int, found: Mapping[str, float]) -> str:
    """Crops a second, and the ratio to ``model.predict``."""
    cells = (f"{rate:,.0f} ({rate / found[PREDICT]:.2f})" for rate in found.values())
    return f"| {batch} | {' | '.join(cells)} |"


def device() -> str:
    """The GPU by its name, or the processor."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"no GPU; {machine().rstrip('.')}"
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", gpus[0].name))


@click.command()
@click.argument("model", required=False)
@click.option("--batches", default="1,2,4,8,16,32,64,128", show_default=True)
@click.option("--seconds", default=1.0, show_default=True, help="Of each way in a round.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(model: str | None, batches: str, seconds: float, rounds: int, write: Path | None) -> None:
    """Measure, and print the table."""
    import_tensorflow()
    bundle = load_bundle(find_bundle(model))
    found, size = ways(bundle), bundle.manifest.input.size
    lines = [f"| batch | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
    random = np.random.default_rng(0)
    for batch in map(int, batches.split(",")):
        crops = random.random((batch, size, size, 3), np.float32)
        lines.append(row(batch, rates(found, crops, seconds, rounds)))
        click.echo(lines[-1], err=True)
    crops = random.random((8, size, size, 3), np.float32)
    moved = float(np.abs(found[HALF](crops) - found[FUNCTION](crops)).max())
    told = (
        f"{bundle.manifest.name} {bundle.manifest.version} at {size} px, {device()}: crops a "
        f"second, medians of {rounds} rounds in turn, and the ratio to `model.predict`. Half "
        f"precision moves the raw answer of 8 crops of noise by at most {moved:.3f}."
    )
    text = f"{told}\n\n" + "\n".join(lines)
    click.echo(text)
    if write is not None:
        head = "# Batches on a device\n\n    python -m benchmarks.batches_on_a_device\n\n"
        write.write_text(f"{head}{text}\n", "utf-8")


if __name__ == "__main__":
    main()
