"""The run that tuned the normalizations of a tower, read as a tower with a head."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from training.fit import AVERAGED
from training.fit.record import FILE
from training.frozen.head import Fitted, LinearHead
from training.frozen.towers import TOWERS
from training.networks.clip.norms import NORMS, Norms
from training.networks.clip.tower import key_of
from training.networks.clip.wheel import tower_file


def is_tuned(folder: Path) -> bool:
    """Whether the folder holds a run that trained a network which is a tower."""
    file = folder / FILE
    return file.is_file() and _recipe(folder).get("network") in TOWERS


def load_tuned(folder: Path) -> Fitted:
    """Read a run that :func:`is_tuned`, and write its normalizations beside it.

    Raises :class:`ConfigurationError` when it has no network yet, or the wheel is not installed.
    """
    import keras

    file = folder / AVERAGED
    if not file.is_file():
        raise ConfigurationError(f"{folder} has no {AVERAGED}: the run has not saved one yet.")
    model = keras.saving.load_model(file, compile=False)
    norms = Norms.of_network(model)
    norms.save(folder / NORMS)
    kernel, bias = model.get_layer("logit").get_weights()
    scale = model.get_layer("shrunk").scale
    content, recipe = json.loads((folder / FILE).read_text()), _recipe(folder)
    return Fitted(
        network=recipe["network"],
        margin=recipe["margin"],
        head=LinearHead(np.asarray(scale * kernel[:, 0], np.float32), float(bias[0])),
        tower_key=key_of(tower_file(), norms),
        pictures=content["pictures"]["train"],
        norms=folder / NORMS,
    )


def _recipe(folder: Path) -> dict[str, Any]:
    recipe: dict[str, Any] = json.loads((folder / FILE).read_text())["recipe"]
    return recipe
