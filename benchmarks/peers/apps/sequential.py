"""What every peer does with a film: OpenCV reads it from its start, Keras judges ten frames."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FRAMES = 10
SIZE = 299  # pixels, of Inception-ResNet-v2
MODEL = "PEERS_MODEL"  # the environment variable that names the .keras file


def sampled(file: Path, count: int = FRAMES) -> NDArray[np.float32]:
    """(n, 299, 299, 3) RGB in [0, 1]: evenly spaced frames, and every frame before them is read.

    Raises ``ValueError`` when the film has fewer than ``count`` frames.
    """
    film = cv2.VideoCapture(str(file))
    try:
        total = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
        wanted = {int((each + 0.5) * total / count) for each in range(count)}
        taken = []
        for index in range(max(wanted) + 1):
            there, pixels = film.read()
            if there and index in wanted:
                taken.append(cv2.cvtColor(cv2.resize(pixels, (SIZE, SIZE)), cv2.COLOR_BGR2RGB))
    finally:
        film.release()
    if len(taken) != count:
        raise ValueError(f"{file} has {len(taken)} of the {count} frames that are wanted.")
    return np.asarray(taken, np.float32) / np.float32(255)


class SequentialDetector:
    """The model, loaded once; safe to call from several threads."""

    def __init__(self) -> None:
        import keras

        self._model: Any = keras.models.load_model(os.environ[MODEL], compile=False)
        self._model.predict_on_batch(np.zeros((FRAMES, SIZE, SIZE, 3), np.float32))

    def judge(self, file: Path) -> dict[str, float]:
        """The mean of what the model says of the frames."""
        return {"probability": float(np.mean(self._model.predict_on_batch(sampled(file))))}

    def judge_bytes(self, data: bytes) -> dict[str, float]:
        """The same of a film in memory: OpenCV reads files only."""
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(data)
            file.flush()
            return self.judge(Path(file.name))
