"""How fast the runtimes judge ten crops, side by side: Keras in three ways, OpenVINO in four.

    python -m benchmarks.int8_speed --exports /tmp/exports --prepare    # minutes
    python -m benchmarks.int8_speed --exports /tmp/exports --write benchmarks/int8_speed.md

The networks are untrained and the pictures are noise: neither changes the time. All
runtimes of a network take turns within a round, so that they meet the same load; what is
compared is the ratio to ``model.predict`` in the same process. The exports are made by a
call of their own, so that only the timing needs a quiet machine.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cores import usable_cores
from core.model.bundle import LOGIT_OUTPUT, RuntimeName
from core.model.runtimes.openvino import OpenVinoRuntime
from core.openvino_core import ov
from training.export import openvino as export
from training.export.class_activation import with_map
from training.networks import Head, Network, find_network

CROPS = 10
RANGES = 8  # pictures that set the scales of INT8: few, as only the time counts here
FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
PLAIN, FP32, INT8 = "FP32 without the map", "FP32", "INT8"
BAR = 3.0  # times as fast as model.predict that INT8 has to be for inception_resnet_v2

Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Case:
    """A network with its head, at the size of its crops."""

    name: str
    head: Head = field(default_factory=Head)
    size: int = 224

    @property
    def network(self) -> Network:
        """What export needs to know of it."""
        return find_network(self.name)


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of each round by runtime, and what the network is."""

    case: Case
    parameters: int
    times_ms: dict[str, list[float]]


def cases() -> Iterator[Case]:
    """The seed's network at the seed's size, and the small one of the recipe ``lite``."""
    yield Case("inception_resnet_v2", Head(dropout=0.5, activation="relu", l2=1e-4))
    yield Case("efficientnet_lite0")


def build(case: Case) -> Any:
    """The network as it is exported, the same weights every time."""
    import keras

    keras.utils.set_random_seed(0)
    model = case.network.build(case.size, case.head)
    return with_map(model, case.network.features) if case.network.linear_head else model


def without_map(model: Any) -> Any:
    """The logit alone."""
    import keras

    if not isinstance(model.output, dict):
        return model
    return keras.Model(model.input, model.output[LOGIT_OUTPUT])


def noise(case: Case) -> Tensor:
    """Crops of noise, (10, size, size, 3) float32 in [-1, 1]."""
    shape = (CROPS, case.size, case.size, 3)
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def prepare(case: Case, folder: Path) -> None:
    """Write the exports of a network as a bundle holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    model = build(case)
    converted = export.to_openvino(model)
    kept = case.network.float_convolutions
    tensors = list(noise(case)[:RANGES])
    export.save_openvino(converted, folder, FP32)
    quantized = export.quantize(converted, tensors, float_convolutions=kept)
    export.save_openvino(quantized, folder, INT8)
    if case.network.linear_head:
        export.save_openvino(export.to_openvino(without_map(model)), folder, PLAIN)


def contenders(case: Case, folder: Path) -> dict[str, Callable[[], Any]]:
    """Every way to get the logits of ten crops."""
    import tensorflow as tf

    model, tensor = without_map(build(case)), noise(case)
    signature = [tf.TensorSpec((None, case.size, case.size, 3), tf.float32)]
    compiled = tf.function(lambda x: model(x, training=False), input_signature=signature)
    ways: dict[str, Callable[[], Any]] = {
        "model.predict": lambda: model.predict(tensor, verbose=0),
        "model()": lambda: model(tensor, training=False).numpy(),
        "tf.function": lambda: compiled(tf.constant(tensor)).numpy(),
    }
    for name in (PLAIN, FP32, INT8):
        file = folder / f"{name}.xml"
        if file.is_file():
            ways[f"OpenVINO {name}"] = _openvino(file, tensor)
    ways[f"OpenVINO {INT8}, ten at once"] = _ten_at_once(folder / f"{INT8}.xml", tensor)
    return ways


def _openvino(file: Path, tensor: Tensor) -> Callable[[], Any]:
    """Through the runtime that serves."""
    runtime = OpenVinoRuntime(file, RuntimeName.OPENVINO_FP32)
    return lambda: runtime.predict(tensor)


def _ten_at_once(file: Path, tensor: Tensor) -> Callable[[], Any]:
    """As OpenVINO is used without further thought: a batch that is open, and its hint."""
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = ov.compile_model(ov.Core().read_model(file), "CPU", options).create_infer_request()
    return lambda: request.infer([tensor], share_inputs=True)


def measure(case: Case, folder: Path, rounds: int) -> Measured:
    """Time every runtime in turns; the first round warms up and is not counted."""
    ways = contenders(case, folder)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            if turn:
                times[name].append((time.perf_counter() - started) * 1000)
    parameters = build(case).count_params()
    return Measured(case, parameters, times)


def table(measured: Measured) -> str:
    """Fastest and median time, and the ratio of the fastest to ``model.predict``."""
    slowest = min(measured.times_ms["model.predict"])
    case = measured.case
    lines = [
        f"## {case.name}, {case.size}², {measured.parameters / 1e6:.1f} M parameters",
        "",
        "| Runtime | fastest, ms | median, ms | times as fast as model.predict |",
        "|---|---|---|---|",
    ]
    for name, times in measured.times_ms.items():
        fastest, median = min(times), float(np.median(times))
        lines.append(f"| {name} | {fastest:,.0f} | {median:,.0f} | {slowest / fastest:.1f} |")
    return "\n".join(lines)


def machine() -> str:
    """Versions, cores, and which instructions for INT8 the processor has."""
    import tensorflow as tf

    flags = cpu_flags()
    has = ", ".join(f"{each} {'yes' if each in flags else 'no'}" for each in FEATURES)
    return (
        f"TensorFlow {tf.__version__}, OpenVINO {ov.__version__.partition('-')[0]}, Python "
        f"{platform.python_version()}, {platform.machine()}, {usable_cores()} cores. "
        f"Processor: {has}."
    )


def cpu_flags() -> frozenset[str]:
    """Features of the first processor; empty where the system does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    lines = (line for line in text.splitlines() if line.startswith("flags"))
    return frozenset(next(lines, ":").partition(":")[2].split())


def report(folder: Path, rounds: int, command: str) -> str:
    """The whole page."""
    results = [measure(case, folder / case.name, rounds) for case in cases()]
    parts = [
        "# INT8 against Keras",
        f"    {command}",
        f"{CROPS} crops a call, {rounds} rounds in which the runtimes take turns. {machine()} "
        f"The bar for inception_resnet_v2: INT8 {BAR:g} times as fast as `model.predict`.",
        *map(table, results),
        "The export of a network with a linear head has the class-activation map as its second "
        "output ([decision 9](../docs/decisions/0009-explaining-a-score.md)); the row without it "
        "is what the map costs. OpenVINO gets ten crops in two halves "
        "([decision 15](../docs/decisions/0015-ten-crops-in-two-halves.md)); ten at once is the "
        "file with its batch left open.",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exports", type=Path, required=True, help="folder of the exports")
    parser.add_argument("--prepare", action="store_true", help="make the exports, time nothing")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", type=Path, help="write the page here too")
    options = parser.parse_args()
    if options.prepare:
        for case in cases():
            prepare(case, options.exports / case.name)
        return
    command = f"python -m benchmarks.int8_speed --exports EXPORTS --rounds {options.rounds}"
    page = report(options.exports, options.rounds, command)
    print(page)
    if options.write:
        options.write.write_text(page)


if __name__ == "__main__":
    main()
