"""What ``evidence=true`` costs a job: processor time by step, and bytes in Redis.

    python -m benchmarks.evidence [--rounds 5] [--write benchmarks/evidence.md]

Judges a 720p film of 4 s with a face in every frame, with and without evidence in turns, in this
process. It counts processor time and not the clock, so that a busy machine changes little.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TypeVar

import click

from core.evidence import Evidence, ExtractOptions
from core.faces.detector import load_face_detector
from core.model import explain
from core.model.bundle import find_bundle, load_bundle
from core.model.crop_scores import CropScores
from core.model.runtimes import load_detector
from core.pipeline.extraction import extract
from core.store.attempts import Attempts
from core.store.evidence import EvidenceStore, frame_name, heatmap_name
from core.store.records import Job
from tests.core.store.lost_worker import begin
from tests.core.store.uploads import enqueue
from tests.e2e.films import face_video
from tests.redis_server import RedisServer
from worker.evidence import PREVIEW_SHARE, PREVIEW_SIDE

T = TypeVar("T")
JOB_BYTES = 8 * 1024**2  # the default of DEEPFAKE_EVIDENCE_JOB_BYTES


@dataclass(frozen=True, slots=True)
class Round:
    """Processor time (ms) of each step, in the order of the table, and bytes."""

    steps: dict[str, float]
    frame_bytes: int
    map_bytes: int


class Bench:
    """A detector of faces, a model and a Redis, and a film to judge."""

    def __init__(self, redis_server: RedisServer) -> None:
        self._faces = load_face_detector(threads=2)
        bundle = load_bundle(find_bundle(None))
        self._detector = load_detector(bundle, threads=2)
        self._plain = ExtractOptions(
            crop_size=bundle.manifest.input.size, crop_margin=bundle.manifest.input.margin
        )
        room = int(JOB_BYTES * PREVIEW_SHARE) // self._plain.frames
        self._shown = replace(self._plain, preview_side=PREVIEW_SIDE, preview_bytes=room)
        self._film = face_video()
        self._redis = redis_server.client()

    def round(self) -> Round:
        plain_ms, _ = _timed(lambda: extract(self._film, self._plain, self._faces))
        shown_ms, found = _timed(lambda: extract(self._film, self._shown, self._faces))
        crops = [crop.jpeg for crop in found.crops]
        infer_ms, _ = _timed(lambda: self._detector.score(crops))
        maps_ms, scores = _timed(lambda: self._detector.score(crops, maps=True))
        frames = {frame_name(n): f.preview for n, f in enumerate(found.frames) if f.preview}
        layers_ms, maps = _timed(lambda: _layers(found, scores))
        job = self._job()
        store = EvidenceStore(self._redis)
        keep_ms, _ = _timed(lambda: store.keep(job, {**frames, **maps}))
        steps = {
            "decode and find faces": plain_ms,
            "previews of the frames": shown_ms - plain_ms,
            "score the crops": infer_ms,
            "heat maps in the same run": maps_ms - infer_ms,
            "heat maps as PNG": layers_ms,
            "send to Redis": keep_ms,
        }
        return Round(steps, sum(map(len, frames.values())), sum(map(len, maps.values())))

    def _job(self) -> Job:
        enqueue(self._redis)
        return begin(Attempts(self._redis))


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    done = call()
    return (time.process_time() - started) * 1000, done


def _layers(found: Evidence, scores: CropScores) -> dict[str, bytes]:
    assert scores.heat is not None
    limit = explain.scale_of(scores.heat)
    names = [
        heatmap_name(n, i) for n, frame in enumerate(found.frames) for i in range(len(frame.faces))
    ]
    return {n: explain.layer(h, limit=limit) for n, h in zip(names, scores.heat, strict=True)}


def table(rounds: list[Round]) -> str:
    """The medians, as Markdown."""
    steps = [
        f"| {name} | {median(each.steps[name] for each in rounds):.1f} |"
        for name in rounds[0].steps
    ]
    lines = ["| Step of a job of ten frames | ms of processor time |", "|---|---|", *steps]
    frames = median(each.frame_bytes for each in rounds) / 1000
    maps = median(each.map_bytes for each in rounds) / 1000
    lines += ["", "| Kept in Redis | kB |", "|---|---|"]
    lines += [f"| ten frames | {frames:.0f} |", f"| ten heat maps | {maps:.0f} |"]
    return "\n".join(lines)


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--write", "out", type=click.Path(path_type=Path), help="Write the table there.")
def main(rounds: int, out: Path | None) -> None:
    """Measure, print and write."""
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        bench = Bench(server)
        bench.round()  # everything is loaded and compiled
        printed = table([bench.round() for _ in range(rounds)])
    click.echo(printed)
    if out is not None:
        text = (
            "# What evidence costs\n\nPrinted by `python -m benchmarks.evidence` on "
            f"{platform.machine()}, medians of {rounds} rounds: a 720p film of 4 s before noise, "
            f"which is hard to compress, with one face in each of ten frames.\n\n{printed}\n"
        )
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
