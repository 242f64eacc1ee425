"""How the cost of judging one film grows with its length, its pixels, its codec and its faces.

    python -m benchmarks.cost_growth --films /tmp/films prepare
    python -m benchmarks.cost_growth --films /tmp/films measure --write benchmarks/cost_growth.md

Cost is the processor time of all threads and the wall clock of extraction and judgement of one
job, in one process that holds its model already; medians. The encoding, which is no part of it,
comes first.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Self

import click

from benchmarks.growth_films import NAMES, film
from benchmarks.growth_fit import Growth
from core.cores import usable_cores
from core.evidence import ExtractOptions
from core.faces.detector import load_face_detector
from core.faces.face import FaceDetector
from core.media.frames import open_media
from core.model.bundle import find_bundle, load_bundle
from core.model.detector import Detector
from core.model.runtimes import load_detector
from core.options import Sampling
from core.pipeline.extraction import extract
from core.pipeline.judgement import judge

HD: Final = (1280, 720)
LENGTHS_S: Final = (10, 60, 600, 3600)
SIZES: Final = ((640, 360), HD, (1920, 1080), (3840, 2160))
FACES: Final = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Point:
    """A film, and the size that its row is about."""

    label: str
    size: float
    seconds: int = 10
    pixels: tuple[int, int] = HD
    codec: str = "libx264"
    faces: int = 1

    @property
    def name(self) -> str:
        width, height = self.pixels
        return f"{self.codec}-{width}x{height}-{self.seconds}s-{self.faces}.mp4"

    def make(self) -> bytes:
        return film(self.seconds, self.pixels, codec=self.codec, faces=self.faces)


@dataclass(frozen=True, slots=True)
class Series:
    """What grows, and the points at which it is measured."""

    title: str
    points: Sequence[Point]
    sampling: Sampling = Sampling.KEYFRAMES


def all_series() -> list[Series]:
    lengths = [Point(f"{s:,} s", s, seconds=s) for s in LENGTHS_S]
    faces = [Point(str(n), n, faces=n) for n in FACES]
    return [
        *(Series(f"seconds of 720p H.264, `{how}`", lengths, how) for how in Sampling),
        *(Series(f"pixels of 10 s {NAMES[codec]}", _sizes(codec)) for codec in NAMES),
        Series("faces in each frame of 10 s 720p", faces),
    ]


def _sizes(codec: str) -> list[Point]:
    return [Point(f"{h}p", w * h, pixels=(w, h), codec=codec) for w, h in SIZES]


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_s: float
    wall_s: float
    crops: int


class Judge:
    """One process with its networks loaded."""

    def __init__(self, faces: FaceDetector, detector: Detector) -> None:
        self._faces, self._detector = faces, detector

    @classmethod
    def load(cls) -> Self:
        return cls(load_face_detector(), load_detector(load_bundle(find_bundle())))

    def cost(self, data: bytes, sampling: Sampling, rounds: int) -> Cost:
        """Medians of so many rounds, after one that is not counted."""
        manifest, runtime = self._detector.bundle.manifest, self._detector.runtime.name
        options = ExtractOptions(
            sampling=sampling, crop_size=manifest.input.size, crop_margin=manifest.input.margin
        )
        costs: list[Cost] = []
        for _ in range(rounds + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            evidence = extract(data, options, self._faces)
            judge(evidence, self._detector, self._detector.bundle, runtime, {})
            took = time.process_time() - cpu, time.perf_counter() - wall
            costs.append(Cost(*took, sum(1 for _ in evidence.crops)))
        told = costs[1:]
        return Cost(median(c.cpu_s for c in told), median(c.wall_s for c in told), told[-1].crops)


def table(folder: Path, rounds: int) -> str:
    judging = Judge.load()
    lines = [
        "| What grows | CPU s / wall s (crops) at each | exponent of CPU | of wall |",
        "|---|---|---|---|",
    ]
    for series in all_series():
        costs = {
            point: judging.cost((folder / point.name).read_bytes(), series.sampling, rounds)
            for point in series.points
        }
        lines.append(_row(series, costs))
        click.echo(lines[-1], err=True)
    return "\n".join(lines) + "\n"


def _row(series: Series, costs: Mapping[Point, Cost]) -> str:
    cells = "; ".join(
        f"{point.label}: {cost.cpu_s:.2f} / {cost.wall_s:.2f} ({cost.crops})"
        for point, cost in costs.items()
    )
    sizes = [point.size for point in costs]
    cpu = Growth.of(sizes, [cost.cpu_s for cost in costs.values()])
    wall = Growth.of(sizes, [cost.wall_s for cost in costs.values()])
    return f"| {series.title} | {cells} | {cpu} | {wall} |"


@click.group()
@click.option("--films", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def main(context: click.Context, films: Path) -> None:
    """Cost of a job over the size of its film."""
    films.mkdir(parents=True, exist_ok=True)
    context.obj = films


@main.command()
@click.pass_obj
def prepare(films: Path) -> None:
    """Encode the films into the folder, and open each once."""
    for point in {point for series in all_series() for point in series.points}:
        data = point.make()
        with open_media(data) as media:
            click.echo(f"{point.name}: {len(data) / 1e6:,.1f} MB, {media.info.duration_s} s")
        (films / point.name).write_bytes(data)


@main.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
@click.pass_obj
def measure(films: Path, rounds: int, write: Path | None) -> None:
    """Print the table of the films that are in the folder."""
    machine = f"Python {platform.python_version()}, {platform.machine()}, {usable_cores()} cores."
    text = f"{machine} Medians of {rounds} rounds.\n\n{table(films, rounds)}"
    click.echo(text)
    if write is not None:
        write.write_text(f"# How the cost of a job grows\n\n{text}")


if __name__ == "__main__":
    main()
