"""A bundle that judges brightness, and a folder where brightness is the class."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from core.model.bundle import load_bundle
from core.model.detector import Detector
from core.model.runtimes import load_detector
from tests.core.bundle_factory import write_bundle
from tests.training.pictures import CentreFace
from training.data.cache import Sample, load_samples
from training.data.manifest import Split, read_pictures

PER_CELL = 6


@pytest.fixture(scope="session")
def bundle_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundles") / "brightness").path


@pytest.fixture(scope="session")
def detector(bundle_dir: Path) -> Detector:
    return load_detector(load_bundle(bundle_dir))


@pytest.fixture(scope="session")
def bright_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``valid`` and ``test`` of two sources; fakes are brighter, with some overlap."""
    root = tmp_path_factory.mktemp("bright")
    rng = np.random.default_rng(0)
    for split in ("valid", "test"):
        for source, labels in (("shots", ("real", "fake")), ("plain", ("real",))):
            for label in labels:
                folder = root / split / source / label
                folder.mkdir(parents=True)
                for index in range(PER_CELL):
                    mean = rng.normal(150 if label == "fake" else 105, 15)
                    pixels = np.clip(rng.normal(mean, 8, (64, 64, 3)), 0, 255)
                    cv2.imwrite(str(folder / f"{split}{index}.jpg"), pixels.astype(np.uint8))
    return root


@pytest.fixture(scope="session")
def bright_samples(bright_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    pictures = read_pictures(bright_data, Split.TEST)
    return load_samples(pictures, tmp_path_factory.mktemp("cache"), CentreFace).samples


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph with one face: the astronaut of scikit-image."""
    file = tmp_path_factory.mktemp("media") / "portrait.jpg"
    cv2.imwrite(str(file), cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR))
    return file
