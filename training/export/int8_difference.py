"""How far INT8 is from FP32 where nothing is calibrated yet, and the bound on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.model.sigmoid import sigmoid
from training.evaluate import metrics
from training.evaluate.metrics import Floats

# Of the deviation of the logits: lite0-faces-v6, whose INT8 lost no accuracy, differs by 0.06 of
# it, clip-faces by 0.08 (benchmarks/imported_int8.md).
LIMIT = 0.1


@dataclass(frozen=True, slots=True)
class Difference:
    """How far INT8 is from float32 on the crops that were measured, in logits."""

    crops: int
    spread: float  # standard deviation of the logits themselves
    rms: float  # of the difference
    greatest: float

    @classmethod
    def between(cls, exact: Floats, rounded: Floats) -> Self:
        """Of the logits of the same crops, (n,) each."""
        lost = rounded - exact
        rms, greatest = float(np.sqrt(np.mean(lost**2))), float(np.abs(lost).max())
        return cls(len(exact), float(exact.std()), rms, greatest)

    @property
    def share(self) -> float:
        """``rms`` by ``spread``: no slope of a calibration changes it; infinite without spread."""
        return self.rms / self.spread if self.spread > 0 else float("inf")

    def to_json(self) -> dict[str, Any]:
        """For ``model.json``."""
        return {
            "crops": self.crops,
            "logit_spread": round(self.spread, 4),
            "difference_rms": round(self.rms, 4),
            "difference_greatest": round(self.greatest, 4),
        }


@dataclass(frozen=True, slots=True)
class Int8Difference:
    """FP32 and INT8 on pictures that did not set the ranges of INT8."""

    logit: Difference
    probability_rms: float  # of the difference of P(fake), uncalibrated
    greatest_difference: float  # of P(fake)
    auc: tuple[float, float] | None  # FP32, INT8; None unless there are pictures of both classes

    @classmethod
    def between(cls, fp32: Floats, int8: Floats, fake: NDArray[np.bool_] | None) -> Self:
        """Of the logits of "fake" of the same crops, (n,) each, and what the crops are."""
        exact, rounded = sigmoid(fp32), sigmoid(int8)
        moved = np.abs(rounded - exact)
        return cls(
            logit=Difference.between(fp32, int8),
            probability_rms=float(np.sqrt(np.mean(moved**2))),
            greatest_difference=float(moved.max()),
            auc=_areas(fake, fp32, int8),
        )

    def check(self, limit: float) -> None:
        """Raise :class:`BundleInvalid` with the figures where more than ``limit`` is lost.

        ``limit`` is a share of the deviation of the logits: see :attr:`Difference.share`.
        """
        if not self.logit.share <= limit:
            raise BundleInvalid(
                f"INT8 moves the logit by {self.logit.share:.3f} of its own deviation; the limit "
                f"is {limit:g}: {self}. Give more pictures like those that the model will judge, "
                "state another --int8-loss to take it as it is, or import without --int8."
            )

    def to_json(self) -> dict[str, Any]:
        """The figures for ``model.json``."""
        figures: dict[str, Any] = {
            "pictures": self.logit.crops,
            **{key: value for key, value in self.logit.to_json().items() if key != "crops"},
            "probability_rms": round(self.probability_rms, 4),
            "greatest_difference": round(self.greatest_difference, 4),
        }
        if self.auc is not None:
            figures["auc_fp32"], figures["auc_int8"] = (round(each, 4) for each in self.auc)
        return figures

    def __str__(self) -> str:
        ranked = ""
        if self.auc is not None:
            ranked = f", AUC {self.auc[0]:.4f} in FP32 and {self.auc[1]:.4f} in INT8"
        return (
            f"{self.logit.rms:.3f} (rms) and at most {self.logit.greatest:.3f} of logits that "
            f"deviate by {self.logit.spread:.3f}, {self.probability_rms:.4f} (rms) and at most "
            f"{self.greatest_difference:.4f} of P(fake){ranked}, on {self.logit.crops} pictures"
        )


def _areas(
    fake: NDArray[np.bool_] | None, fp32: Floats, int8: Floats
) -> tuple[float, float] | None:
    """The AUC of FP32 and of INT8, where there are pictures of both classes."""
    if fake is None or not fake.any() or fake.all():
        return None
    return metrics.once(metrics.auc, fake, fp32), metrics.once(metrics.auc, fake, int8)
