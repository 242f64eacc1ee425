"""How the cost grows with the faces in each frame, by what it is spent on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from benchmarks.growth.bench import Bench
from benchmarks.growth.films import Film
from benchmarks.growth.judging import Cost, tracking_cost_s
from benchmarks.growth.tables import section, table
from core.faces.face import Box, Face

FACES: Final = (1, 2, 3, 4, 5, 6, 7, 8)
FRAMES: Final = 10  # that are looked at
STRANGERS: Final = (5, 10, 20, 50)  # frames; no job looks at more


def faces(bench: Bench) -> str:
    numbers = FACES[::2] if bench.short else FACES
    films = [Film(faces=number) for number in numbers]
    bench.shelf.prepare(films)
    costs = list(bench.costs(films))
    for number, cost in zip(numbers, costs, strict=True):
        if cost.crops != number * FRAMES:
            raise RuntimeError(f"{cost.crops} crops of {number} faces in {FRAMES} frames")
    parts = milliseconds(costs)
    return section(
        "faces",
        f"{bench.conditions} {_each(numbers, parts)}",
        table(f"faces in each of {FRAMES} frames, ms", numbers, parts),
        table("frames of 8 new faces each, ms", STRANGERS, {"face tracker": strangers_ms()}),
        short=bench.short,
    )


def milliseconds(costs: Sequence[Cost]) -> dict[str, list[float]]:
    """Of each part and of the whole, in the order of the costs."""
    return {
        "decoding": [1000 * cost.decoding_s for cost in costs],
        "face detector": [1000 * cost.detecting_s for cost in costs],
        "crops": [1000 * cost.cutting_s for cost in costs],
        "face tracker": [1000 * cost.tracking_s for cost in costs],
        "judgement": [1000 * cost.judging_s for cost in costs],
        "whole job": [1000 * cost.cpu_s for cost in costs],
    }


def strangers_ms() -> list[float]:
    """The worst for the face tracker: nobody is there in two frames, so all are compared."""
    return [1000 * tracking_cost_s(strangers(frames)) for frames in STRANGERS]


def strangers(frames: int) -> list[list[Face]]:
    """Faces that are too small and too far apart to be the same."""
    boxes = [Box(n % 20 / 20, n // 20 / 20, 0.01, 0.01) for n in range(frames * FACES[-1])]
    faces = [Face(box, 0.9) for box in boxes]
    return [faces[at : at + FACES[-1]] for at in range(0, len(faces), FACES[-1])]


def _each(numbers: Sequence[int], parts: dict[str, list[float]]) -> str:
    """What a face more costs: the slope of a line through the points."""
    slopes = {name: float(np.polyfit(numbers, costs, 1)[0]) for name, costs in parts.items()}
    told = ", ".join(
        f"{slopes[name]:.2f} ms for the {name}"
        for name in ("face detector", "face tracker", "crops", "judgement")
    )
    return f"A face more in each frame costs {slopes['whole job']:.1f} ms: {told}."
