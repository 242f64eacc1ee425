"""Where the time between a film's bytes and its verdict goes, stage by stage.

    python -m benchmarks.stages [--rounds 7] [--write benchmarks/stages.md]

Films of 10 s in 720p with a face in every frame and two keyframes, as a phone's fast encoder writes
them and as x264 does by default. All in one process and one stage after the other, so that the
processor time of a stage is its own; the last rows are what the decoder and the model take as the
worker runs them. The machine should be idle.
"""

from __future__ import annotations

import io
import platform
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from unittest import mock

import av
import click

from core import jpeg
from core.evidence import ExtractOptions
from core.faces.detector import crop_face, load_face_detector
from core.faces.face import FaceDetector
from core.media.film.picture import View
from core.media.frames import open_media
from core.model import preprocess, runtimes
from core.model.bundle import find_bundle, load_bundle
from core.model.detector import Detector
from core.pipeline.extraction import extract
from tests.e2e.films import face_video

PRESETS = {"A fast encoder": "ultrafast", "x264's default, with B-frames": "medium"}
FRAMES = 10


class Stopwatch:
    """Wall clock and processor time of all threads, in milliseconds, by stage and round."""

    def __init__(self) -> None:
        self.rounds: list[dict[str, tuple[float, float]]] = []

    def begin(self) -> None:
        self.rounds.append(defaultdict(lambda: (0.0, 0.0)))

    @contextmanager
    def of(self, stage: str, *, less: str = "") -> Iterator[None]:
        """Add the block to a stage; the stage ``less`` runs within it and is not part of it."""
        now = self.rounds[-1]
        wall, cpu, within = time.perf_counter(), time.process_time(), now[less]
        yield
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        within = (now[less][0] - within[0], now[less][1] - within[1])
        before = now[stage]
        now[stage] = (before[0] + 1e3 * wall - within[0], before[1] + 1e3 * cpu - within[1])

    def table(self, first: int = 1) -> list[str]:
        """Medians of the rounds from ``first`` on."""
        rows = ["| Stage | ms | ms of processor time |", "|---|---|---|"]
        for stage in (stage for stage in self.rounds[-1] if stage):
            wall, cpu = (median(run[stage][i] for run in self.rounds[first:]) for i in (0, 1))
            rows.append(f"| {stage} | {wall:,.1f} | {cpu:,.1f} |")
        return rows


def of_ffmpeg(data: bytes, last: float) -> None:
    """What FFmpeg takes with two threads for all pictures up to ``last`` seconds."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        for frame in container.decode(stream):
            if frame.time is not None and frame.time >= last:
                return


def one_by_one(data: bytes, watch: Stopwatch, faces: FaceDetector, model: Detector) -> None:
    """The stages of a job, one after the other."""
    spec, pixels_of, frames, crops = model.bundle.manifest.input, View.pixels, [], []

    def timed(view: View, frame: av.VideoFrame) -> object:
        with watch.of("to RGB, 10 pictures"):
            return pixels_of(view, frame)

    with mock.patch.object(View, "pixels", timed):
        with watch.of("open: read all packets, decode one"):
            media = open_media(data)
        with media, watch.of("decode to the 10 pictures", less="to RGB, 10 pictures"):
            frames = list(media.frames(FRAMES))
    for frame in frames:
        with watch.of("find faces"):
            found = faces.detect(frame.pixels)
        with watch.of("cut out and write JPEGs"):
            crops += [
                jpeg.encode(crop_face(frame.pixels, face.box, size=spec.size, margin=spec.margin))
                for face in found
            ]
    with watch.of("read JPEGs, scale"):
        tensor = preprocess.from_jpegs(crops, size=spec.size, scaling=spec.scaling)
    with watch.of("model"):
        model.runtime.predict(tensor)
    with watch.of(
        f"for comparison: FFmpeg alone, to the picture at {frames[-1].timestamp_s:.1f} s"
    ):
        of_ffmpeg(data, frames[-1].timestamp_s)


def as_run(data: bytes, watch: Stopwatch, faces: FaceDetector, model: Detector) -> None:
    with watch.of("decoder, as it runs"):
        evidence = extract(data, ExtractOptions(), faces)
    with watch.of("model, as it runs"):
        model.score([crop.jpeg for crop in evidence.crops])


def measured(data: bytes, rounds: int) -> list[str]:
    faces, bundle = load_face_detector(threads=2), load_bundle(find_bundle("lite0-faces-v6"))
    model = runtimes.load_detector(bundle, runtime="auto", threads=None, gpu=False)
    watch = Stopwatch()
    for _ in range(rounds + 1):
        watch.begin()
        one_by_one(data, watch, faces, model)
        as_run(data, watch, faces, model)
    return [f"{len(data) / 1e6:.1f} MB:", "", *watch.table()]


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1))
@click.option("--write", type=click.Path(path_type=Path), help="Save the tables here as well.")
def main(rounds: int, write: Path | None) -> None:
    """Print the tables."""
    lines = [
        "# Where the time of a film goes",
        "",
        "    python -m benchmarks.stages --write benchmarks/stages.md",
        "",
        f"Films of 10 s in 720p with two keyframes, one face. Python {platform.python_version()}, "
        f"{platform.machine()}, av {av.__version__}, two cores. Medians of {rounds} rounds.",
    ]
    for name, preset in PRESETS.items():
        data = face_video(seconds=10, fps=30, preset=preset)
        lines += ["", f"## {name}", "", *measured(data, rounds)]
    text = "\n".join(lines) + "\n"
    click.echo(text)
    if write is not None:
        write.write_text(text)


if __name__ == "__main__":
    main()
