"""How often verdicts like this one were wrong, as ``model.json`` has it from held-out files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from core.model.rules import ErrorCell
from core.result import ExpectedError, Label
from core.verdict import Verdict

CONFIDENCE = 0.95
_DIGITS = 6  # so that rate times files gives the number of wrong files back


def expected_error_of(verdict: Verdict, cells: Sequence[ErrorCell]) -> ExpectedError | None:
    """The cell of the file's kind and of the face that spoke for it.

    None where the verdict is ``inconclusive``, and where nothing was measured: no cell fits, or
    none of its files got a verdict.
    """
    if verdict.label is Label.INCONCLUSIVE or verdict.speaker is None:
        return None
    kind, width_px = verdict.evidence.media.kind, verdict.speaker.width_px
    cell = next((cell for cell in cells if cell.holds(kind, width_px)), None)
    if cell is None or not cell.decided:
        return None
    low, high = wilson(cell.wrong, cell.decided)
    return ExpectedError(
        rate=round(cell.wrong / cell.decided, _DIGITS),
        low=round(low, _DIGITS),
        high=round(high, _DIGITS),
        files=cell.decided,
        of=described(cell),
    )


def wilson(count: float, total: float) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), in [0, 1]; ``total`` is above 0.

    Neither has to be whole: of files in groups, those count that say something of their own.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, weight = count / total, z * z / total
    centre = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def described(cell: ErrorCell) -> str:
    """The files of a cell in words, such as "videos with faces 40 to 90 px wide"."""
    low, high = cell.face_width_px
    if high is None:
        return f"{cell.kind}s with faces at least {low} px wide" if low else f"{cell.kind}s"
    if low:
        return f"{cell.kind}s with faces {low} to {high} px wide"
    return f"{cell.kind}s with faces narrower than {high} px"
