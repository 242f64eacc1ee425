"""The limit of novelty: above it a file is too unlike the training data for a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from core.errors import ConfigurationError
from core.model.rules import Novelty
from training.evaluate.metrics import Floats

RATE = 0.02  # of files like the training data that may be refused


def fit_novelty(by_kind: Mapping[str, Floats], rate: float, where: str) -> Novelty:
    """The lowest limit that refuses at most the share ``rate`` of each kind of files.

    ``by_kind`` holds the novelty of files like the training data, (n,) each, by what they are,
    such as pictures and clips. Raises :class:`ConfigurationError` where a kind has so few files
    that the share is less than one of them.
    """
    for kind, values in by_kind.items():
        if len(values) * rate < 1:
            raise ConfigurationError(
                f"A limit of novelty that refuses {rate:g} of {kind} needs {math.ceil(1 / rate)} "
                f"of them; there are {len(values)}. Give more, or ask for a larger --novelty-rate."
            )
    limit = max(_limit(values, rate) for values in by_kind.values())
    everything = np.concatenate(list(by_kind.values()))
    told = " and ".join(f"{len(values)} {kind}" for kind, values in by_kind.items())
    refused = float((everything > limit).mean())
    return Novelty(limit=limit, rate=round(refused, 4), fitted_on=f"{told}, {where}")


def _limit(values: Floats, rate: float) -> float:
    """The value that ``rate`` of them at most are above; rounded up to six digits."""
    refused = math.floor(len(values) * rate + 1e-9)
    return float(np.float64(f"{np.sort(values)[-1 - refused] * (1 + 1e-5):.6g}"))
