"""Features that were computed once, kept outside the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class FeatureStore:
    """One file a view below ``folder / tower``, written whole or not at all.

    A run that is interrupted goes on with the views that are missing, and another selection of
    pictures finds those that it shares. Delete the folder when the code that cuts or augments
    changes: its name and the options alone are in the keys.
    """

    def __init__(self, folder: Path, tower: str) -> None:
        self.folder = folder / "features" / tower

    def __contains__(self, key: str) -> bool:
        return self._file(key).is_file()

    def read(self, key: str) -> NDArray[np.float16]:
        """The features that were written under this key; FileNotFoundError where there are none."""
        features: NDArray[np.float16] = np.load(self._file(key))
        return features

    def write(self, key: str, features: NDArray[np.float16]) -> None:
        """Keep the features of one view."""
        file = self._file(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".part")
        with temporary.open("wb") as stream:
            np.save(stream, features)
        temporary.replace(file)

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npy"
