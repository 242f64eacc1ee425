"""The detector: face crops in, logits of "fake" out, and how unlike the training data they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InferenceFailed, RuntimeUnavailable
from core.model import preprocess
from core.model.bundle import Bundle, InputSpec, RuntimeName
from core.model.crop_scores import CropScores

_EPSILON = 1e-7  # keeps the logit of a saturated probability finite


@dataclass(frozen=True, slots=True)
class Answers:
    """The network's outputs for n crops, as it gave them.

    ``raw`` is its answer and ``novelty`` its output of that name, both (n,) float32; the latter
    is None where model.json has no ``novelty``. ``heat`` is what :meth:`Runtime.explain` gives,
    (n, h, w) float32; None where it was not asked for or there is no way to it.
    """

    raw: NDArray[np.float32]
    novelty: NDArray[np.float32] | None = None
    heat: NDArray[np.float32] | None = None


class Runtime(Protocol):
    """Runs a network; one instance holds its weights and is used by one thread."""

    name: RuntimeName

    def predict(self, tensor: NDArray[np.float32], *, maps: bool = False) -> Answers:
        """The answers to (n, size, size, 3) float32; n ≥ 1. With ``maps`` their heat too."""
        ...

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) float32 → (n, h, w) float32, what each place adds to the logit.

        The logit is that of the positive class, before calibration; with an exact map it
        is the mean over the places plus what lies at no place: the bias, and of several experts
        the entropy of their shares. Raises
        :class:`core.errors.ExplanationUnavailable` where the bundle holds no way to it.
        """
        ...


class Detector:
    """A bundle and the runtime that runs it."""

    def __init__(self, bundle: Bundle, runtime: Runtime) -> None:
        self.bundle = bundle
        self.runtime = runtime

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        """The logit of fake of each face crop, and its novelty where the bundle has one.

        With ``maps`` also what :meth:`explain` gives, where the bundle and the runtime can tell.
        Raises :class:`InferenceFailed` when the network answers with anything but one
        finite number a crop.
        """
        if not jpegs:
            return CropScores.none()
        spec = self.bundle.manifest.input
        tensor = preprocess.from_jpegs(jpegs, size=spec.size, scaling=spec.scaling)
        answers = self.runtime.predict(tensor, maps=maps)
        novelty = None if answers.novelty is None else _finite(answers.novelty)
        heat = None if answers.heat is None else self._fake_heat(answers.heat, len(jpegs))
        return CropScores(self.fake_logit(answers.raw), novelty, heat)

    def probability(self, jpegs: Sequence[bytes]) -> NDArray[np.float64]:
        """P(fake) in [0, 1] of each face crop as a picture of its own, (n,) float64; n may be 0.

        Raises what :meth:`score` raises.
        """
        return self.bundle.manifest.rules.picture_probability(self.score(jpegs).logit)

    def explain(self, jpegs: Sequence[bytes]) -> NDArray[np.float32]:
        """What each place of each face crop adds to the calibrated logit of "fake".

        (n, h, w) float32 in logits, positive where it raises P(fake); n ≥ 1. A logit of 1
        turns odds of 1 : 1 into 2.7 : 1. Raises :class:`ExplanationUnavailable` when the
        bundle or the runtime cannot tell, :class:`InferenceFailed` when the map is broken.
        """
        spec = self.bundle.manifest.input
        tensor = preprocess.from_jpegs(jpegs, size=spec.size, scaling=spec.scaling)
        return self._fake_heat(self.runtime.explain(tensor), len(jpegs))

    def _fake_heat(self, heat: NDArray[np.float32], crops: int) -> NDArray[np.float32]:
        """Maps of the positive class before calibration → of "fake" after it."""
        if heat.ndim != 3 or len(heat) != crops or not np.isfinite(heat).all():
            raise InferenceFailed(
                f"The network explained {crops} crops by an array of shape {heat.shape} "
                f"with {int(np.count_nonzero(~np.isfinite(heat)))} values not finite."
            )
        manifest = self.bundle.manifest
        slope = 1.0 if manifest.calibration is None else manifest.calibration.slope
        sign = 1.0 if manifest.positive_class == "fake" else -1.0
        return np.asarray(sign * slope * heat, np.float32)

    def fake_logit(self, raw: NDArray[np.float32]) -> NDArray[np.float64]:
        """Turn the network's raw output (n,) into the uncalibrated logit of "fake" (n,)."""
        answers = _finite(raw)
        if self.bundle.manifest.output == "probability":
            answers = _logit(answers, self.bundle.manifest.name)
        return answers if self.bundle.manifest.positive_class == "fake" else -answers

    def warm_up(self, batch_sizes: Sequence[int] = (1,)) -> None:
        """Run the network on noise, so that the first job does not pay for compilation."""
        size = self.bundle.manifest.input.size
        for n in batch_sizes:
            self.runtime.predict(np.zeros((n, size, size, 3), np.float32))


def _finite(output: NDArray[np.float32]) -> NDArray[np.float64]:
    numbers = output.astype(np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise InferenceFailed(
            f"The network answered with shape {numbers.shape}, "
            f"{int(np.count_nonzero(~np.isfinite(numbers)))} of {numbers.size} values not finite."
        )
    return numbers


def _logit(probability: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if probability.size and not (probability.min() >= 0 and probability.max() <= 1):
        raise InferenceFailed(
            f"The model {name} is declared to answer with probabilities, "
            f"but answered {probability.min():g} to {probability.max():g}."
        )
    clipped = np.clip(probability, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def self_test_tensor(bundle: Bundle, seed: int) -> NDArray[np.float32]:
    """The picture of the self-test: smooth seeded noise, (1, size, size, 3)."""
    return noise_tensor(bundle.manifest.input, seed)


def noise_tensor(spec: InputSpec, seed: int) -> NDArray[np.float32]:
    """Smooth seeded noise as a network of this input takes it, (1, size, size, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    picture = np.kron(coarse, np.ones((math.ceil(spec.size / 8),) * 2 + (1,), np.uint8))
    return preprocess.to_tensor(picture[None, : spec.size, : spec.size], spec.scaling)


def self_test(detector: Detector) -> float:
    """Difference between the stored and the computed raw output of the self-test.

    Raises :class:`InferenceFailed` when it is over the bundle's tolerance, and
    :class:`RuntimeUnavailable` when the bundle has no self-test.
    """
    stored = detector.bundle.manifest.self_test
    if stored is None:
        raise RuntimeUnavailable(f"The model {detector.bundle.manifest.name} has no self-test.")
    answers = detector.runtime.predict(self_test_tensor(detector.bundle, stored.seed))
    answer = float(answers.raw[0])
    expected = stored.answers.get(detector.runtime.name, stored.raw_output)
    difference = abs(answer - expected)
    if not difference <= stored.tolerance:
        raise InferenceFailed(
            f"{detector.runtime.name} answers {answer:.4f} to the self-test; "
            f"{expected:.4f} ± {stored.tolerance:g} was stored with the model."
        )
    return difference
