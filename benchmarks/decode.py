"""How long ten frames of a film take, ours beside OpenCV, on clips made here.

    python -m benchmarks.decode [--rounds 3] [--write benchmarks/decode.md]

Every way is timed in the same run, in turn, and the best of its rounds is given. The figure is
processor time over all threads, because the wall clock of a machine that does other work
measures that work; the wall clock stands beside it. OpenCV cannot read from memory: it is given a
file in a temporary folder, which favours it. Ours reads the bytes and never a file.
"""

from __future__ import annotations

import io
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import click
import cv2
import numpy as np

from core.media.frames import open_media
from core.options import Sampling

FRAMES, FPS, GOP, SIZE = 10, 30, 250, (1280, 720)
CLIPS = {"10 s": 1, "3 min": 18, "30 min": 180}


def make_piece(seconds: int = 10) -> bytes:
    """A moving test pattern with noise: H.264, 720p, a keyframe every 250 frames."""
    out = io.BytesIO()
    width, height = SIZE
    random = np.random.default_rng(0)
    ramp = (np.add.outer(np.arange(height), np.arange(width)) % 256).astype(np.uint8)
    with av.open(out, "w", format="mp4") as file:
        stream: Any = file.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = GOP
        stream.options = {"preset": "veryfast", "keyint_min": str(GOP), "sc_threshold": "0"}
        for at in range(seconds * FPS):
            layers = [np.roll(ramp, 3 * at, 1), np.roll(ramp, 2 * at, 0), ramp]
            pixels = np.stack(layers, -1) // 2
            pixels += random.integers(0, 4, pixels.shape, dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        file.mux(stream.encode())
    return out.getvalue()


def repeat(piece: bytes, times: int) -> bytes:
    """The same packets again and again with later timestamps: no second encoding."""
    out = io.BytesIO()
    with av.open(io.BytesIO(piece), "r") as source, av.open(out, "w", format="mp4") as file:
        stream = source.streams.video[0]
        target = file.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.size]
        span = stream.duration or 0
        for turn in range(times):
            for old in packets:
                packet: Any = av.Packet(bytes(old))
                packet.stream, packet.time_base = target, stream.time_base
                packet.pts = (old.pts or 0) + turn * span
                packet.dts = (old.dts or 0) + turn * span
                packet.duration, packet.is_keyframe = old.duration, old.is_keyframe
                file.mux(packet)
    return out.getvalue()


def ours(sampling: Sampling) -> Callable[[bytes, str], int]:
    def run(data: bytes, _path: str) -> int:
        with open_media(data) as media:
            return sum(1 for _ in media.frames(FRAMES, sampling))

    return run


def _wanted(film: cv2.VideoCapture) -> list[int]:
    total = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
    return [total * (2 * at + 1) // (2 * FRAMES) for at in range(FRAMES)]


def opencv_seek(_data: bytes, path: str) -> int:
    film = cv2.VideoCapture(path)
    taken = 0
    for index in _wanted(film):
        film.set(cv2.CAP_PROP_POS_FRAMES, index)
        taken += film.read()[0]
    return taken


def opencv_grab(_data: bytes, path: str) -> int:
    film = cv2.VideoCapture(path)
    wanted, at, taken = set(_wanted(film)), 0, 0
    while film.grab():
        taken += at in wanted and film.retrieve()[0]
        at += 1
    return taken


def opencv_read(_data: bytes, path: str) -> int:
    film = cv2.VideoCapture(path)
    wanted, at, taken = set(_wanted(film)), 0, 0
    while film.read()[0]:
        taken += at in wanted
        at += 1
    return taken


WAYS: dict[str, Callable[[bytes, str], int]] = {
    "ours, keyframes": ours(Sampling.KEYFRAMES),
    "ours, exact": ours(Sampling.EXACT),
    "OpenCV, exact seeks": opencv_seek,
    "OpenCV, `grab()` through": opencv_grab,
    "OpenCV, `read()` through": opencv_read,
}
WHOLE = {"OpenCV, `grab()` through", "OpenCV, `read()` through"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What ten frames cost: processor time of all threads and wall clock, in milliseconds."""

    cpu_ms: float
    wall_ms: float


def measure(run: Callable[[bytes, str], int], data: bytes, path: str, rounds: int) -> Cost:
    """The best of ``rounds``; raises when a way does not give ten frames."""
    costs = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        taken = run(data, path)
        costs.append((time.process_time() - cpu, time.perf_counter() - wall))
        if taken != FRAMES:
            raise RuntimeError(f"{taken} frames instead of {FRAMES}")
    cpu, wall = min(costs)
    return Cost(cpu * 1e3, wall * 1e3)


def table(rounds: int) -> str:
    piece = make_piece()
    results: dict[str, dict[str, Cost]] = {way: {} for way in WAYS}
    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        for clip, times in CLIPS.items():
            data = repeat(piece, times)
            sizes.append(f"{clip} = {len(data) / 1e6:,.1f} MB")
            path = str(Path(folder) / "clip.mp4")
            Path(path).write_bytes(data)
            for way, run in WAYS.items():
                if way in WHOLE and times > 18:  # minutes for a figure that grows linearly
                    continue
                turns = 1 if way in WHOLE and times > 1 else rounds
                results[way][clip] = measure(run, data, path, turns)
    return _markdown(results, sizes)


def _markdown(results: dict[str, dict[str, Cost]], sizes: list[str]) -> str:
    ours_ms = results["ours, keyframes"]
    lines = [
        f"Ten frames of a 720p H.264 film, GOP {GOP}, {FPS} frames/s ({', '.join(sizes)}).",
        f"av {av.__version__}, OpenCV {cv2.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}. Best of the rounds: processor milliseconds over all threads, "
        "in brackets the multiple of our keyframe sampling in the same run, then wall clock.",
        "",
        "| | " + " | ".join(CLIPS) + " |",
        "|---|" + "---|" * len(CLIPS),
    ]
    for way, row in results.items():
        cells = [
            f"{row[clip].cpu_ms:,.0f} ({row[clip].cpu_ms / ours_ms[clip].cpu_ms:.1f}x), "
            f"wall {row[clip].wall_ms:,.0f}"
            if clip in row
            else "-"
            for clip in CLIPS
        ]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    ratio = ours_ms["30 min"].cpu_ms / ours_ms["10 s"].cpu_ms
    lines += [
        "",
        f"30 min against 10 s with our keyframe sampling: {ratio:.2f}x. The 10 s clip has two "
        "keyframes, so that nine of its ten frames are reached by decoding forward.",
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(rounds: int, write: Path | None) -> None:
    """Print the table."""
    text = table(rounds)
    click.echo(text)
    if write is not None:
        command = f"python -m benchmarks.decode --rounds {rounds} --write {write}"
        write.write_text(f"# Decoding\n\n    {command}\n\n{text}")


if __name__ == "__main__":
    main()
