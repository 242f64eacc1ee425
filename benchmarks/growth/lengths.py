"""How the cost grows with the length of a film, by codec."""

from __future__ import annotations

from typing import Final

from benchmarks.growth.bench import Bench
from benchmarks.growth.films import NAMES, Film
from benchmarks.growth.tables import section, table
from core.options import Sampling

LENGTHS_S: Final = (10, 60, 600, 3600)


def lengths(bench: Bench) -> str:
    """All codecs, with keyframes and with exact moments: the whole of a job, and decoding."""
    sizes = LENGTHS_S[:3] if bench.short else LENGTHS_S
    films = {codec: [Film(seconds, codec=codec) for seconds in sizes] for codec in NAMES}
    bench.shelf.prepare(film for several in films.values() for film in several)
    costs = {
        f"{NAMES[codec]}, `{sampling}`": list(bench.costs(several, sampling))
        for sampling in Sampling
        for codec, several in films.items()
    }
    whole = {name: [cost.cpu_s for cost in seen] for name, seen in costs.items()}
    decoding = {name: [cost.decoding_s for cost in seen] for name, seen in costs.items()}
    return section(
        "lengths",
        f"{bench.conditions} The films have a keyframe every 2 s.",
        table("seconds of 720p, CPU s of the whole job", sizes, whole),
        table("seconds of 720p, CPU s of decoding", sizes, decoding, digits=3),
        short=bench.short,
    )
