"""What a client may choose for a job, and how faces are cut unless a bundle says otherwise.

This module imports nothing of the project.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

DEFAULT_FRAMES: Final = 10
MAX_FRAMES: Final = 50
# Around a face, on each end, as a fraction of the longer side of its box: what a bundle whose
# model.json states no margin is served.
DEFAULT_MARGIN: Final = 1 / 3


class Sampling(StrEnum):
    """How the picture for a moment is chosen.

    ``KEYFRAMES`` takes the nearest keyframe when one lies within half the spacing of the
    moments, which costs one decoded frame, and the exact frame otherwise. ``EXACT`` always
    takes the frame on display at that moment.
    """

    KEYFRAMES = "keyframes"
    EXACT = "exact"


class Queue(StrEnum):
    """Where a job waits, in the order in which workers serve: the first is always served first."""

    INTERACTIVE = "interactive"
    BATCH = "batch"
