"""Checkpoints that resume exactly: weights, optimizer state, averaged weights and step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError

FILE = "checkpoint.npz"


@dataclass(frozen=True, slots=True)
class State:
    """The arrays of a run after ``step`` steps; ``recipe`` is its settings as JSON."""

    step: int
    recipe: str
    model: list[NDArray[Any]]
    optimizer: list[NDArray[Any]]
    average: list[NDArray[Any]]


def save(folder: Path, state: State) -> None:
    """Write the state so that a kill at any moment leaves the old one or the new one."""
    arrays: dict[str, Any] = {"step": np.int64(state.step), "recipe": np.array(state.recipe)}
    for part in ("model", "optimizer", "average"):
        for index, value in enumerate(getattr(state, part)):
            arrays[f"{part}/{index:05d}"] = value
    temporary = folder / (FILE + ".part")
    with temporary.open("wb") as stream:
        np.savez(stream, **arrays)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / FILE)


def load(folder: Path) -> State | None:
    """The state saved in ``folder``, or None when there is none."""
    file = folder / FILE
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        parts = {
            part: [arrays[name] for name in sorted(arrays.files) if name.startswith(part + "/")]
            for part in ("model", "optimizer", "average")
        }
        return State(int(arrays["step"]), str(arrays["recipe"]), **parts)


def values_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Copies of the values of Keras variables."""
    return [np.array(variable.numpy()) for variable in variables]


def restore(variables: Sequence[Any], values: Sequence[NDArray[Any]], what: str) -> None:
    """Assign arrays to Keras variables; :class:`ConfigurationError` when they do not fit."""
    if len(variables) != len(values):
        raise ConfigurationError(
            f"The checkpoint holds {len(values)} arrays of the {what}; the run has "
            f"{len(variables)}. Start in an empty folder, or resume with the same recipe."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
