"""The bundles that ship, in every runtime that they have an artifact for."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from skimage import data

from core import jpeg
from core.faces.detector import crop_face
from core.faces.face import Box
from core.model.bundle import Bundle, RuntimeName, find_bundle, installed, load_bundle
from core.model.detector import Detector, self_test
from core.model.runtimes import load_detector
from training.frozen.packed import PACKED, packed_names

ALL = list(RuntimeName)
# Not those that were assembled in this checkout.
SHIPPED = [name for name in installed() if name not in packed_names(PACKED)]
pytestmark = pytest.mark.parametrize("name", SHIPPED)


@cache
def bundle(name: str) -> Bundle:
    return load_bundle(find_bundle(name))


@cache
def detector(name: str, runtime: RuntimeName) -> Detector:
    return load_detector(bundle(name), runtime=runtime)


@cache
def crops(name: str) -> list[bytes]:
    """A face, framed and lit in eight ways."""
    picture, size = data.astronaut(), bundle(name).manifest.input.size
    lit = [np.clip(picture * gain, 0, 255).astype(np.uint8) for gain in (0.6, 0.8, 1.0, 1.2)]
    boxes = [Box(0.35, 0.13, 0.17, 0.27), Box(0.30, 0.05, 0.30, 0.40)]
    return [jpeg.encode(crop_face(each, box, size=size)) for each in lit for box in boxes]


def test_a_bundle_that_ships_has_every_artifact(name: str) -> None:
    assert set(bundle(name).manifest.artifacts) == set(ALL)


@pytest.mark.parametrize("runtime", ALL)
def test_every_runtime_passes_the_stored_self_test(name: str, runtime: RuntimeName) -> None:
    assert self_test(detector(name, runtime)) >= 0


def test_openvino_scores_as_tensorflow_does(name: str) -> None:
    reference = detector(name, RuntimeName.TENSORFLOW).probability(crops(name))
    np.testing.assert_allclose(
        detector(name, RuntimeName.OPENVINO_FP32).probability(crops(name)), reference, atol=1e-3
    )


def test_int8_moves_no_score_much_further_than_the_bundle_says(name: str) -> None:
    claimed = bundle(name).manifest.metrics["int8"]["greatest_difference"]
    reference = detector(name, RuntimeName.TENSORFLOW).probability(crops(name))
    moved = np.abs(detector(name, RuntimeName.OPENVINO_INT8).probability(crops(name)) - reference)
    assert claimed < 0.3
    assert moved.max() < 1.25 * claimed
    assert moved.mean() < 0.1


@pytest.mark.parametrize("runtime", ALL)
def test_a_score_does_not_depend_on_the_batch_that_it_was_part_of(
    name: str, runtime: RuntimeName
) -> None:
    several = crops(name) + crops(name)[::-1]  # two halves of five, and six together
    together = detector(name, runtime).probability(several)
    alone = np.concatenate([detector(name, runtime).probability([crop]) for crop in several])
    np.testing.assert_allclose(together, alone, atol=1e-4)
