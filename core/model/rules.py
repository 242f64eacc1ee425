"""The parts of ``model.json`` that a verdict is made by.

Calibration and thresholds, of pictures and of videos; the novelty above which there is no
verdict; and how often the verdicts were wrong on files that were held out. All are measured
by training, and none has a default: what a bundle does not hold is not said.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.model.sigmoid import sigmoid

MediaKind = Literal["image", "video"]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Pixels = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """Base of all that ``model.json`` holds: frozen, and no unknown field is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LogitFit(Part):
    """P(fake) = sigmoid(slope * logit(fake) + intercept).

    ``platt`` fits both numbers (Platt 1999); ``temperature`` fits the slope, one over the
    temperature, and leaves the intercept at 0 (Guo et al. 2017).
    """

    method: Literal["platt", "temperature"] = "platt"  # bundles older than the field are Platt's
    slope: Annotated[float, Field(gt=0)]
    intercept: float
    fitted_on: str

    def probability(self, logit: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(fake) of logits of fake, in the shape given."""
        return sigmoid(self.slope * logit + self.intercept)


class Calibration(LogitFit):
    """The fit of one picture's logit, and in ``video`` that of a person's mean logit.

    The mean is taken over the frames of a video in which the person was found.
    """

    video: LogitFit | None = None


class Band(Part):
    """Fake at or above ``fake``, real at or below ``real``, inconclusive between."""

    fake: Annotated[float, Field(gt=0, le=1)]
    real: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.real >= self.fake:
            raise ValueError(f"real threshold {self.real} is not below fake threshold {self.fake}")
        return self


class Thresholds(Band):
    """The band of a picture's P(fake), and in ``video`` that of a video's."""

    video: Band | None = None


class Novelty(Part):
    """Where the network's output ``novelty`` is too high for a verdict.

    The output is a distance of the crop from the training data in feature space, (n,) float32
    ≥ 0 (Lee et al. 2018, https://arxiv.org/abs/1807.03888). ``rate`` is the measured share of
    files like the training data that are above ``limit``.
    """

    limit: Annotated[float, Field(gt=0)]
    rate: Share
    fitted_on: str


class ErrorCell(Part):
    """How many verdicts were wrong on held-out files of one kind and one range of face widths.

    ``face_width_px`` is the first width and the first one that is too wide, None for no limit.
    Of ``files``, ``decided`` got a verdict other than ``inconclusive``, and of those ``wrong``
    the wrong one.
    """

    kind: MediaKind
    face_width_px: tuple[Pixels, Pixels | None]
    files: Count
    decided: Count
    wrong: Count

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if not self.wrong <= self.decided <= self.files:
            raise ValueError(
                f"{self.wrong} wrong of {self.decided} decided of {self.files} files: "
                "each number includes the one before it"
            )
        low, high = self.face_width_px
        if high is not None and low >= high:
            raise ValueError(f"faces from {low} to below {high} px: there are none")
        return self

    def holds(self, kind: str, width_px: float) -> bool:
        """Whether a file of this kind with a face of this width counts here."""
        low, high = self.face_width_px
        return kind == self.kind and low <= width_px and (high is None or width_px < high)


def check_disjoint(cells: tuple[ErrorCell, ...]) -> None:
    """Raise ValueError where two cells hold the same file, which would have two error rates."""
    ordered = sorted(cells, key=lambda cell: (cell.kind, cell.face_width_px[0]))
    for one, other in pairwise(ordered):
        width = other.face_width_px[0]
        if one.holds(other.kind, width):
            raise ValueError(
                f"two cells of {one.kind}s hold faces {width} px wide: "
                f"{list(one.face_width_px)} and {list(other.face_width_px)}"
            )


@dataclass(frozen=True, slots=True)
class Rules:
    """What turns the scores of a file's face crops into its verdict."""

    calibration: Calibration | None
    thresholds: Thresholds
    novelty: Novelty | None = None

    def picture_probability(self, logit: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(fake) of single face crops from their logits, (n,); sigmoid without a calibration."""
        return sigmoid(logit) if self.calibration is None else self.calibration.probability(logit)

    def mean_fit(self, kind: str) -> LogitFit | None:
        """How a person's mean logit becomes P(fake); None: by the mean of P(fake) of the frames."""
        if self.calibration is None or kind != "video":
            return None
        return self.calibration.video

    def band(self, kind: str) -> Band:
        """The thresholds that hold for a file of this kind."""
        video = self.thresholds.video if kind == "video" else None
        return self.thresholds if video is None else video
