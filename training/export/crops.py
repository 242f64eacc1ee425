"""The face crops that an export measures with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.model import preprocess
from core.model.bundle import InputSpec

PARITY_CROPS = 16  # by which two formats of a network are compared
TRAINED_CROPS = 1500  # that say what is like the training data
INT8_CROPS = 300  # that set the ranges of INT8

Item = TypeVar("Item")


def tensor_of(crops: Sequence[bytes], fields: Mapping[str, Any]) -> NDArray[np.float32]:
    """Crops as JPEG → (n, size, size, 3) float32 as the bundle's ``input`` says."""
    shown: InputSpec = fields["input"]
    return preprocess.from_jpegs(crops, size=shown.size, scaling=shown.scaling)


def evenly(items: Sequence[Item], number: int) -> list[Item]:
    """At most ``number`` of the items, from the first to the last."""
    chosen = np.linspace(0, len(items) - 1, min(number, len(items))).astype(int)
    return [items[index] for index in chosen]
