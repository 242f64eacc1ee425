"""Where the time goes, against the limit of each stage: networks, upload, the decoder's pipe.

    python -m benchmarks.roofline --model lite0-faces-v6 --model models/clip-faces

Limits are measured in the same process with the same libraries: the largest products of matrices
that OpenVINO does, SET of Redis through the same client, and a copy in memory. All take turns in a
round, and of each the fastest round counts, so that what else the machine does weighs little. What
decoding costs is in benchmarks/decode.py.
"""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.gateway_processes import MIB, gateway_process
from benchmarks.gateway_speed import Connection
from benchmarks.int8_speed import FEATURES, cpu_flags
from benchmarks.multiply_adds import SIDE, MultiplyAdds, matrix_product
from core.cores import usable_cores
from core.errors import MediaError
from core.evidence import ExtractOptions
from core.model.bundle import RuntimeName, find_bundle, load_bundle
from core.model.runtimes import load_detector
from core.openvino_core import ov
from core.store.blobs import CHUNK_BYTES
from tests.redis_server import RedisServer
from worker.decoder.config import DecoderConfig
from worker.decoder.decoder import Decoder

CROPS = 10
INT8_PEAK, FP32_PEAK = "matrix product, INT8", "matrix product, FP32"
UPLOAD, SET, SHA256 = "upload through the gateway", "SET of Redis", "SHA-256"
PIPE, COPY = "worker to decoder, its pipe", "copy in memory"

Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Network:
    """The INT8 of a bundle, and what it does for one crop."""

    name: str
    macs: MultiplyAdds
    run: Run  # ten crops, as the worker gives them

    @classmethod
    def load(cls, name: str) -> Network:
        bundle = load_bundle(find_bundle(name))
        runtime = load_detector(bundle, runtime=RuntimeName.OPENVINO_INT8).runtime
        size = bundle.manifest.input.size
        crops = np.random.default_rng(0).random((CROPS, size, size, 3), np.float32)
        macs = MultiplyAdds.of(bundle.file(RuntimeName.OPENVINO_INT8))
        return cls(bundle.manifest.name, macs, lambda: runtime.predict(crops))


def stages(stack: ExitStack, networks: list[Network], megabytes: int) -> dict[str, Run]:
    """Every stage and every limit, ready to run."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="df-")))
    server = stack.enter_context(RedisServer(folder))
    filler, size = os.urandom(MIB), megabytes * MIB
    runs: dict[str, Run] = {network.name: network.run for network in networks}
    matrix = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    for name, int8 in ((INT8_PEAK, True), (FP32_PEAK, False)):
        product = matrix_product(int8=int8)
        runs[name] = lambda product=product: product([matrix])  # type: ignore[misc]
    gateway = stack.enter_context(gateway_process(server.url))
    connection = stack.enter_context(Connection(gateway))
    redis = server.client()
    decoder = Decoder.start(DecoderConfig(threads=usable_cores()))
    stack.callback(decoder.close)
    source, target = np.ones(size, np.uint8), np.empty(size, np.uint8)
    return {
        **runs,
        UPLOAD: lambda: connection.upload(megabytes, filler),
        SET: lambda: [redis.set("roofline", filler) for _ in range(megabytes)],
        SHA256: lambda: _hashed(filler, megabytes),
        PIPE: lambda: _through_the_pipe(decoder, filler, megabytes),
        COPY: lambda: np.copyto(target, source),
    }


def _hashed(chunk: bytes, number: int) -> str:
    digest = hashlib.sha256()
    for _ in range(number):
        digest.update(chunk)
    return digest.hexdigest()


def _through_the_pipe(decoder: Decoder, chunk: bytes, number: int) -> None:
    """Send what is no medium: the decoder reads it all, looks at its first bytes and says so."""
    assert len(chunk) == CHUNK_BYTES  # as Redis gives them to the worker
    chunks: Iterator[bytes] = iter([chunk] * number)
    try:
        decoder.extract(chunks, number * len(chunk), ExtractOptions(), deadline_s=60)
    except MediaError:
        return
    raise AssertionError("Noise was taken for a medium.")


def measure(runs: dict[str, Run], rounds: int) -> dict[str, float]:
    """Seconds of the fastest round of each; the first one warms up and is not counted."""
    took: dict[str, list[float]] = defaultdict(list)
    for turn in range(rounds + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            if turn:
                took[name].append(time.perf_counter() - started)
    return {name: min(seconds) for name, seconds in took.items()}


def table(networks: list[Network], took: dict[str, float], megabytes: int) -> str:
    """A row for each stage: what it does, what could be done, and the share."""
    peak = {name: SIDE**3 / took[name] for name in (INT8_PEAK, FP32_PEAK)}
    rows = ["| Stage | achieved | limit | share |", "|---|---|---|---|"]
    for each in networks:
        crops = CROPS / took[each.name]
        # What is left in FP32 has the limit of FP32.
        least = each.macs.int8 / peak[INT8_PEAK] + each.macs.floating / peak[FP32_PEAK]
        rows.append(
            f"| {each.name}, {each.macs.total / 1e9:.2f} GMAC a crop, "
            f"{each.macs.int8 / each.macs.total:.0%} in INT8 | {crops:.0f} crops/s, "
            f"{crops * each.macs.total / 1e9:.0f} GMAC/s | {1 / least:.0f} crops/s, "
            f"{each.macs.total / least / 1e9:.0f} GMAC/s | {crops * least:.2f} |"
        )
    rate = {name: megabytes / took[name] for name in (UPLOAD, SET, SHA256, PIPE, COPY)}
    for stage, limit in ((UPLOAD, SET), (UPLOAD, SHA256), (PIPE, COPY)):
        rows.append(
            f"| {stage} | {rate[stage]:,.0f} MiB/s | {limit}: {rate[limit]:,.0f} MiB/s "
            f"| {rate[stage] / rate[limit]:.2f} |"
        )
    rows += ["", *(f"{name}: {value / 1e9:,.0f} GMAC/s." for name, value in peak.items())]
    return "\n".join(rows)


def machine() -> str:
    flags = cpu_flags()
    has = ", ".join(f"{each} {'yes' if each in flags else 'no'}" for each in FEATURES)
    version = ov.__version__.partition("-")[0]
    return f"OpenVINO {version}, {platform.machine()}, {usable_cores()} cores. Processor: {has}."


@click.command()
@click.option("--model", "names", multiple=True, default=("lite0-faces-v6",), show_default=True)
@click.option("--rounds", default=10, show_default=True)
@click.option("--megabytes", default=64, show_default=True, help="Of an upload.")
def main(names: tuple[str, ...], rounds: int, megabytes: int) -> None:
    """Measure and print."""
    networks = [Network.load(name) for name in names]
    with ExitStack() as stack:
        runs = stages(stack, networks, megabytes)
        took = measure(runs, rounds)
    click.echo(f"{machine()} {rounds} rounds.\n\n{table(networks, took, megabytes)}")


if __name__ == "__main__":
    main()
