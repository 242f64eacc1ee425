"""A tiny data set and a tiny network, made in code."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.faces.face import Box, Face
from core.model.preprocess import Scaling
from training.networks import Head, Network

# Eyes, nose and corners of the mouth of a face in the middle, as fractions of the picture.
LANDMARKS = ((0.42, 0.44), (0.58, 0.44), (0.5, 0.53), (0.44, 0.61), (0.56, 0.61))


class CentreFace:
    """A face detector that always finds one face, in the middle; counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 - a Protocol's
        self.calls += 1
        return [Face(Box(0.25, 0.25, 0.5, 0.5), 0.9, LANDMARKS)]


def find_centre_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that load their face detector when they run find a face in every middle."""
    # These take the loader by its name: imported later, they would keep this one for other tests.
    for module in ("training.data.reading", "training.evaluate.evaluation"):
        import_module(module)
    monkeypatch.setattr("core.faces.detector.load_face_detector", lambda **_: CentreFace())


def write_data(root: Path, *, pairs: int = 6, size: int = 64) -> Path:
    """``train`` and ``valid`` with a paired source and an unpaired one; fakes are striped."""
    rows = ["file\tclass\tsource\tgenerator\tgroup"]
    rng = np.random.default_rng(0)
    for split in ("train", "valid"):
        for source in ("dfdc", "portraits"):
            for label in ("real", "fake"):
                folder = root / split / source / label
                folder.mkdir(parents=True)
                for index in range(pairs):
                    name = f"{split}{index:03d}.jpg"
                    cv2.imwrite(str(folder / name), _picture(rng, size, striped=label == "fake"))
                    group = f"{split}{index:03d}" if source == "dfdc" else ""
                    rows.append(f"{split}/{source}/{label}/{name}\t{label}\t{source}\tx\t{group}")
    (root / "MANIFEST.tsv").write_text("\n".join(rows) + "\n")
    return root


def tiny_network() -> Network:
    """A network of a few hundred weights with BatchNormalization and dropout."""
    return Network(
        name="tiny",
        scaling=Scaling.SIGNED,
        build=_build,
        load_imagenet=lambda _model: None,
        features="features",
        linear_head=True,
    )


def _build(size: int | None = None, head: Head | None = None) -> Any:
    import keras

    head = head or Head()
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(8, 3, 2, padding="same", use_bias=False)(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU(6.0, name="features")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(head.dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(1, dtype="float32", name="logit")(x))


def _picture(rng: np.random.Generator, size: int, *, striped: bool) -> NDArray[np.uint8]:
    base = rng.integers(60, 160, (4, 4, 3)).astype(np.uint8)
    picture = cv2.resize(base, (size, size), interpolation=cv2.INTER_CUBIC)
    if striped:
        picture[:, ::4] = np.minimum(picture[:, ::4].astype(int) + 70, 255)
    return np.asarray(picture, np.uint8)
