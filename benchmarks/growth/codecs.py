"""The codecs beside each other at one length."""

from __future__ import annotations

from typing import Final

from benchmarks.growth.bench import Bench
from benchmarks.growth.films import FPS, NAMES, Film
from benchmarks.growth.judging import Cost
from benchmarks.growth.tables import section
from core.options import Sampling

SECONDS: Final = 60
KEYFRAME_S: Final = 10  # far apart, as cameras and web sites place them


def codecs(bench: Bench) -> str:
    films = {codec: Film(SECONDS, codec=codec, keyframe_s=KEYFRAME_S) for codec in NAMES}
    bench.shelf.prepare(films.values())
    costs = {how: list(bench.costs(list(films.values()), how)) for how in Sampling}
    first = {how: seen[0].cpu_s for how, seen in costs.items()}
    head = " | ".join(f"decoding, `{how}` | whole job, `{how}` | to H.264" for how in Sampling)
    lines = [f"| {SECONDS} s of 720p | MB | {head} |", "|---|---|" + "---|" * 3 * len(costs)]
    for at, (codec, film) in enumerate(films.items()):
        parts = " | ".join(_cells(seen[at], first[how]) for how, seen in costs.items())
        lines.append(f"| {NAMES[codec]} | {len(bench.shelf.read(film)) / 1e6:.2f} | {parts} |")
    about = (
        f"{bench.conditions} Seconds of the processor. The films have {FPS} frames a second and a "
        f"keyframe every {KEYFRAME_S} s."
    )
    return section("codecs", about, "\n".join(lines), short=bench.short)


def _cells(cost: Cost, first_s: float) -> str:
    return f"{cost.decoding_s:.3f} | {cost.cpu_s:.2f} | {cost.cpu_s / first_s:.2f}"
