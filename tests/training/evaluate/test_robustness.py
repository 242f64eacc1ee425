from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.model.detector import Detector
from tests.training.pictures import CentreFace
from training.data.cache import Sample
from training.evaluate.degradations import DEGRADATIONS, Degradation
from training.evaluate.robustness import measure_robustness

GREY = np.full((40, 60, 3), 120, np.uint8)
TEXTURE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


def by_name(name: str) -> Degradation:
    return next(kind for kind in DEGRADATIONS if kind.name == name)


@pytest.mark.parametrize("kind", DEGRADATIONS, ids=lambda kind: kind.name)
def test_each_degradation_gets_worse_from_level_to_level(kind: Degradation) -> None:
    def damage(level: float) -> float:
        changed = kind.apply(TEXTURE, level)
        assert changed.dtype == np.uint8
        if changed.shape != TEXTURE.shape:
            return 1 - changed.size / TEXTURE.size
        return float(np.abs(changed.astype(float) - TEXTURE).mean())

    damages = [damage(level) for level in (kind.clean, *kind.levels)]
    assert damages == sorted(damages)
    assert damages[0] < damages[-1]


def test_a_picture_that_is_shrunk_keeps_its_proportions() -> None:
    assert by_name("downscale").apply(TEXTURE, 0.5).shape == (20, 30, 3)


def test_noise_is_the_same_every_time() -> None:
    noise = by_name("noise")
    np.testing.assert_array_equal(noise.apply(GREY, 10), noise.apply(GREY, 10))


@pytest.fixture(scope="module")
def measured(bright_samples: list[Sample], detector: Detector) -> dict[str, Any]:
    dark = Degradation(
        "dark", "Darkness", (0.5, 0.0), 1.0, lambda pixels, level: (pixels * level).astype(np.uint8)
    )
    return measure_robustness(
        bright_samples, detector, CentreFace(), degradations=[dark, by_name("blur")], resamples=50
    )


def test_what_removes_the_evidence_removes_the_auc(measured: dict[str, Any]) -> None:
    clean, half, black = measured["curves"]["dark"]["points"]
    assert clean["auc"] > 0.9
    assert clean["auc_lost"] == 0
    assert half["auc"] == pytest.approx(clean["auc"], abs=0.05)  # half as bright ranks alike
    assert black["auc"] == 0.5
    assert black["auc_lost"] == pytest.approx(clean["auc"] - 0.5, abs=1e-4)
    assert black["real_called_fake"] == 0


def test_what_keeps_the_evidence_keeps_the_auc(measured: dict[str, Any]) -> None:
    for point in measured["curves"]["blur"]["points"]:
        assert point["auc"] == pytest.approx(0.99, abs=0.05)
        low, high = point["intervals"]["auc"]
        assert low <= point["auc"] <= high


def test_the_sample_is_described(measured: dict[str, Any]) -> None:
    assert (measured["pictures"], measured["real"], measured["fake"]) == (18, 12, 6)
