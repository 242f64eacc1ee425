"""How often verdicts are wrong on held-out files, by kind of file and width of the face."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.model.rules import ErrorCell, MediaKind
from core.verdict import MIN_FACE_PX
from training.data.cache import Sample
from training.evaluate.metrics import Flags, Floats

FEWEST = 30  # files of a cell; of fewer the share of wrong verdicts is not known to a tenth
# First widths of a face in px; narrower ones than the first get no verdict.
WIDTHS_PX = (MIN_FACE_PX, 60, 90, 130, 180, 250)


def error_cells(
    kind: MediaKind, width_px: Floats, decided: Flags, wrong: Flags
) -> tuple[ErrorCell, ...]:
    """Cells of at least ``FEWEST`` files, from narrow faces to wide ones; none of fewer files.

    ``width_px`` (n,) is the face's median width, ``decided`` (n,) whether there was a verdict,
    ``wrong`` (n,) whether it was wrong. Neighbouring widths are taken together until there are
    enough.
    """
    edges = _edges(width_px)
    return tuple(
        _cell(kind, low, high, (width_px >= low) & (width_px < high), decided, wrong)
        for low, high in pairwise(edges)
    )


def picture_cells(samples: Sequence[Sample], verdicts: NDArray[np.int64]) -> tuple[ErrorCell, ...]:
    """Cells of pictures from verdicts (n,): 1 fake, -1 real, 0 inconclusive.

    Pictures in which no face was found get no verdict from the service, and count nowhere.
    """
    seen = np.array([sample.face_found for sample in samples], np.bool_)
    fake = np.array([sample.picture.fake for sample in samples], np.bool_)
    width_px = np.array([sample.box.width * sample.pixels().shape[1] for sample in samples])
    cells = width_px[seen], (verdicts != 0)[seen], ((verdicts > 0) != fake)[seen]
    return error_cells("image", *cells)


def _edges(width_px: Floats) -> Sequence[float]:
    """The first widths of the cells, and infinity; empty where there are too few files."""
    kept: list[float] = [math.inf]
    for low in reversed(WIDTHS_PX):
        if ((width_px >= low) & (width_px < kept[0])).sum() >= FEWEST:
            kept.insert(0, float(low))
    if len(kept) == 1:
        return ()
    return (float(WIDTHS_PX[0]), *kept[1:])  # what is left over joins the narrowest cell


def _cell(
    kind: MediaKind, low: float, high: float, members: Flags, decided: Flags, wrong: Flags
) -> ErrorCell:
    return ErrorCell(
        kind=kind,
        face_width_px=(int(low), None if math.isinf(high) else int(high)),
        files=int(members.sum()),
        decided=int((members & decided).sum()),
        wrong=int((members & decided & wrong).sum()),
    )
