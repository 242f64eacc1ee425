"""Checkpoints that resume exactly: arrays by part, the step, the recipe and counters."""

from __future__ import annotations

import os
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError

FILE = "checkpoint.npz"


@dataclass(frozen=True, slots=True)
class State:
    """A run after ``step`` steps; ``recipe`` and ``counters`` are JSON."""

    step: int
    recipe: str
    arrays: Mapping[str, Sequence[NDArray[Any]]]  # by part, such as "optimizer"
    counters: str = "{}"


def save(folder: Path, state: State) -> None:
    """Write the state so that a kill at any moment leaves the old one or the new one."""
    arrays: dict[str, Any] = {
        "step": np.int64(state.step),
        "recipe": np.array(state.recipe),
        "counters": np.array(state.counters),
    }
    for part, values in state.arrays.items():
        for index, value in enumerate(values):
            arrays[f"{part}/{index:05d}"] = value
    temporary = folder / (FILE + ".part")
    with temporary.open("wb") as stream:
        np.savez(stream, **arrays)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / FILE)


def load(folder: Path) -> State | None:
    """The state saved in ``folder``, or None when there is none.

    Raises :class:`ConfigurationError` when the file is no checkpoint.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    parts: dict[str, list[NDArray[Any]]] = defaultdict(list)
    try:
        with np.load(file, allow_pickle=False) as arrays:
            for name in sorted(arrays.files):
                if "/" in name:
                    parts[name.partition("/")[0]].append(arrays[name])
            recipe, counters = str(arrays["recipe"]), str(arrays["counters"])
            return State(int(arrays["step"]), recipe, dict(parts), counters)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigurationError(
            f"{file} is no readable checkpoint ({error}); start in an empty folder."
        ) from error


def values_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Copies of the values of Keras variables, or of tensors of its backend."""
    import keras

    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def check_fit(variables: Sequence[Any], values: Sequence[NDArray[Any]], what: str) -> None:
    """Raise :class:`ConfigurationError` when arrays do not have the shapes of the variables."""
    if len(variables) != len(values):
        raise ConfigurationError(
            f"The checkpoint holds {len(values)} arrays of the {what}; the run has "
            f"{len(variables)}. Start in an empty folder, or resume with the same recipe."
        )
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            raise ConfigurationError(
                f"The checkpoint's {what} has an array of shape {value.shape} where the run has "
                f"{tuple(variable.shape)}. Start in an empty folder."
            )


def restore(variables: Sequence[Any], values: Sequence[NDArray[Any]], what: str) -> None:
    """Assign arrays to Keras variables; :class:`ConfigurationError` when they do not fit."""
    check_fit(variables, values, what)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
