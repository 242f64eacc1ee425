"""How the cost grows with the pixels of a film, by codec."""

from __future__ import annotations

from typing import Final

from benchmarks.growth.bench import Bench
from benchmarks.growth.films import NAMES, Film
from benchmarks.growth.tables import section, table

SIZES: Final = ((640, 360), (1280, 720), (1920, 1080), (3840, 2160))


def pixels(bench: Bench) -> str:
    """The whole of a job, and decoding by itself: the networks see a small picture of any size."""
    sizes = [width * height for width, height in SIZES]
    films = {codec: [Film(pixels=size, codec=codec) for size in SIZES] for codec in NAMES}
    bench.shelf.prepare(film for several in films.values() for film in several)
    costs = {NAMES[codec]: list(bench.costs(several)) for codec, several in films.items()}
    whole = {name: [cost.cpu_s for cost in seen] for name, seen in costs.items()}
    decoding = {name: [cost.decoding_s for cost in seen] for name, seen in costs.items()}
    return section(
        "pixels",
        bench.conditions,
        table("pixels of 10 s, CPU s of the whole job", sizes, whole),
        table("pixels of 10 s, CPU s of decoding", sizes, decoding, digits=3),
        short=bench.short,
    )
