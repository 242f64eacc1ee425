"""What INT8 costs, and the bound on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from training.evaluate import metrics

LIMIT_POINTS = 0.5  # of accuracy


@dataclass(frozen=True, slots=True)
class Int8Loss:
    """FP32 and INT8 on the same labelled pictures, under the same calibration."""

    pictures: int
    accuracy_fp32: float  # at P(fake) = 0.5, in [0, 1]
    accuracy_int8: float
    auc_fp32: float
    auc_int8: float
    greatest_difference: float  # of P(fake)

    @property
    def points(self) -> float:
        """Points of accuracy that INT8 loses; negative where it gains."""
        return round(100 * (self.accuracy_fp32 - self.accuracy_int8), 6)  # 1 - 0.995 > 0.005

    def to_json(self) -> dict[str, Any]:
        """The figures for ``model.json``."""
        rounded = {name: round(value, 4) for name, value in asdict(self).items()}
        return {**rounded, "accuracy_drop_points": round(self.points, 3)}

    def __str__(self) -> str:
        return (
            f"accuracy {self.accuracy_fp32:.4f} in FP32 and {self.accuracy_int8:.4f} in INT8 "
            f"({-self.points:+.2f} points), AUC {self.auc_fp32:.4f} and {self.auc_int8:.4f}, "
            f"on {self.pictures} pictures"
        )

    def check(self) -> None:
        """Raise :class:`BundleInvalid` with the figures when INT8 loses too much."""
        if not self.points <= LIMIT_POINTS:
            raise BundleInvalid(
                f"INT8 loses {self.points:.2f} points of accuracy; the limit is "
                f"{LIMIT_POINTS:g}: {self}. Export with --allow-int8-drop to take it as it is, "
                "or with --no-int8 to leave it out."
            )


def compare(
    fake: NDArray[np.bool_], fp32: NDArray[np.float64], int8: NDArray[np.float64]
) -> Int8Loss:
    """Compare P(fake) of both, (n,) float64 each."""
    return Int8Loss(
        pictures=len(fake),
        accuracy_fp32=metrics.once(metrics.accuracy, fake, fp32),
        accuracy_int8=metrics.once(metrics.accuracy, fake, int8),
        auc_fp32=metrics.once(metrics.auc, fake, fp32),
        auc_int8=metrics.once(metrics.auc, fake, int8),
        greatest_difference=float(np.abs(fp32 - int8).max()),
    )
