"""Which face of one frame is which face of the next.

By position and size alone, never by who somebody looks like: the frames are about ten,
evenly spaced over a clip, and no biometric template is ever made. So an identity is a
place that a face keeps. Limits: two people who change places between two frames change
numbers; a cut to another scene may hand a number on to whoever stands there next, or
give one person several; and somebody who leaves and comes back elsewhere is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import hypot, log

from core.faces.face import Box, Face

# How far a face may move between two frames, in widths of itself. Frames lie seconds
# apart, so people move; two faces side by side are at least one width apart.
MAX_MOVE = 1.5
# How much it may grow or shrink: a factor of two.
MAX_GROWTH = log(2.0)


def track(frames: Sequence[Sequence[Face]]) -> list[list[int]]:
    """Number the identities of a clip.

    Each face is compared with the last box of every identity so far; the closest pairs
    are matched first, one to one, and whoever is left is new.

    Parameters
    ----------
    frames
        The faces of each frame, in the order of time. Frames may be empty.

    Returns
    -------
    list of list of int
        One number for each face, of the same shape as ``frames``: from 0, by first
        appearance, never twice in one frame.
    """
    last: list[Box] = []
    numbers: list[list[int]] = []
    for faces in frames:
        boxes = [face.box for face in faces]
        matched = _match(last, boxes)
        for index, box in enumerate(boxes):
            if index not in matched:
                matched[index] = len(last)
                last.append(box)
            last[matched[index]] = box
        numbers.append([matched[index] for index in range(len(boxes))])
    return numbers


def distance(before: Box, after: Box) -> float:
    """How unlike two boxes are: 0 where they coincide, infinite where they cannot be one.

    The move of the centre in mean box sizes, against ``MAX_MOVE``, plus the change of
    size, against ``MAX_GROWTH``. Fractions of width and of height are taken each against
    the box's own side, so the frame's aspect does not matter.
    """
    width, height = (before.width + after.width) / 2, (before.height + after.height) / 2
    across = (after.left + after.width / 2 - before.left - before.width / 2) / width
    down = (after.top + after.height / 2 - before.top - before.height / 2) / height
    move = hypot(across, down)
    growth = abs(log((after.width * after.height) / (before.width * before.height))) / 2
    if move > MAX_MOVE or growth > MAX_GROWTH:
        return float("inf")
    return move / MAX_MOVE + growth / MAX_GROWTH


def _match(last: Sequence[Box], boxes: Sequence[Box]) -> dict[int, int]:
    """Pair boxes with identities greedily, the closest first: {box: identity}."""
    pairs = sorted(
        (distance(last[identity], boxes[index]), identity, index)
        for identity, index in product(range(len(last)), range(len(boxes)))
    )
    matched: dict[int, int] = {}
    for apart, identity, index in pairs:
        if apart == float("inf"):
            break
        if index not in matched and identity not in matched.values():
            matched[index] = identity
    return matched
