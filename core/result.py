"""The shape of a result: the one place where its fields are named.

The worker writes these objects as JSON, the gateway serves them and documents them in
OpenAPI, ``deepfake scan --json`` prints them, and the Python client reads them. This module
imports nothing of the project, so that the client can ship it alone.

An object of another version can always be read: unknown fields are ignored, and a field that
an older version did not write is None or empty.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

DIGITS: Final = 4  # of a probability, where they tell on which side of a threshold it is

Probability = Annotated[float, Field(ge=0, le=1)]


class Label(StrEnum):
    """What the service says about a file."""

    FAKE = "fake"
    REAL = "real"
    INCONCLUSIVE = "inconclusive"


class Reason(StrEnum):
    """Why a verdict is inconclusive."""

    NO_FACE = "no_face"
    LOW_QUALITY = "low_quality"
    FRAMES_DISAGREE = "frames_disagree"
    UNLIKE_TRAINING = "unlike_training"
    NEAR_THRESHOLD = "near_threshold"
    PARTLY_UNREADABLE = "partly_unreadable"


class Part(BaseModel):
    """Base of every object here; :meth:`to_json` is the only serialiser."""

    model_config = ConfigDict(extra="ignore")

    def to_json(self) -> dict[str, Any]:
        """The object as JSON types, with every field, in the order of declaration."""
        return self.model_dump(mode="json")


class Thresholds(Part):
    """`fake` at or above the one, `real` at or below the other, else `inconclusive`."""

    fake: Probability
    real: Probability

    def round(self, probability: float, digits: int = DIGITS) -> float:
        """``probability`` for people to read, on the side of both thresholds where it is.

        It is rounded to ``digits`` decimals, or to as many more as that takes: 0.79996 below
        a threshold of 0.8 stays 0.79996, because 0.8 would contradict the verdict.
        """
        places = self._places(probability, digits)
        return probability if places is None else round(probability, places)

    def text(self, probability: float, digits: int) -> str:
        """The same with at least ``digits`` decimals, as in 0.930."""
        places = self._places(probability, digits)
        return str(probability) if places is None else f"{probability:.{places}f}"

    def _places(self, probability: float, least: int) -> int | None:
        enough = range(least, 17)  # 17 digits tell any two floats above 0.1 apart
        side = self._side(probability)
        return next((n for n in enough if self._side(round(probability, n)) == side), None)

    def _side(self, probability: float) -> tuple[bool, bool]:
        return probability >= self.fake, probability <= self.real


class ExpectedError(Part):
    """How often the model was wrong on held-out files like this one."""

    rate: Probability = Field(
        description="Share of those files whose verdict was wrong.", examples=[0.05]
    )
    low: Probability = Field(
        description="From here on the true share lies with 95 % confidence (Wilson).",
        examples=[0.023],
    )
    high: Probability = Field(description="Up to here, with the same.", examples=[0.105])
    files: int = Field(description="Held-out files that got a verdict.", examples=[120])
    of: str = Field(
        description="What those files are.", examples=["videos with faces 40 to 90 px wide"]
    )

    def sentence(self) -> str:
        """Such as "wrong on 6 of 120 videos with faces 40 to 90 px wide (2 to 11 %)"."""
        low, high = round(100 * self.low), round(100 * self.high)
        wrong = round(self.rate * self.files)
        return f"wrong on {wrong} of {self.files} {self.of} ({low} to {high} %)"


class Model(Part):
    """The model that judged; `sha256` is that of its bundle."""

    name: str
    version: str
    sha256: str
    runtime: str = Field(examples=["openvino-int8"])


class Face(Part):
    """One face in one frame."""

    box: Annotated[list[float], Field(min_length=4, max_length=4)] = Field(
        description="Left, top, width and height as fractions of the displayed frame.",
        examples=[[0.31, 0.18, 0.22, 0.4]],
    )
    identity: int | None = Field(
        None, description="The same number for the same face over the frames."
    )
    width_px: int | None = Field(
        None, description="Width of the face in the displayed frame, in pixels."
    )
    crop: list[float] | None = Field(
        default=None,
        description="What the network saw: left, top, width and height as fractions of the "
        "displayed frame. The heat map covers it.",
        examples=[[0.22, 0.1, 0.4, 0.71]],
    )
    detection_score: Probability
    fake_probability: Probability | None


class ScoredFrame(Part):
    """One sampled frame of the file."""

    index: int = Field(description="In order of presentation, from 0.")
    timestamp_s: float = Field(description="Seconds from the start of the stream.")
    keyframe: bool
    fake_probability: Probability | None = Field(
        description="The highest of the frame's faces, each judged as a picture of its own; "
        "null without a face."
    )
    faces: list[Face]


class Result(Part):
    """The judgement. A file without a face is `inconclusive`, with a null probability."""

    verdict: Label
    reasons: list[str] = Field(
        description="Why it is inconclusive: "
        + ", ".join(f"`{reason}`" for reason in Reason)
        + "; later versions may add others. Empty otherwise."
    )
    fake_probability: Probability | None = Field(
        description="Each person is scored over the frames, and the odds of the file are the mean "
        "of the people's odds; null when no face was scored. It agrees with the verdict as printed."
    )
    logit: float | None = Field(
        default=None,
        description="Mean logit of fake of the person who speaks for the file, before any "
        "calibration; null when no face was scored.",
        examples=[1.72],
    )
    confidence: Probability | None = Field(
        description="`fake_probability` for `fake`, 1 minus it for `real`, the larger of the "
        "two for `inconclusive`; null when no face was scored."
    )
    calibrated: bool = Field(
        description="Whether the model's output was fitted to be read as a probability."
    )
    thresholds: Thresholds = Field(description="Those for a file of this kind, image or video.")
    expected_error: ExpectedError | None = Field(
        None,
        description="How often the model was wrong on files like this one; null for "
        "`inconclusive`, and where that was not measured.",
    )
    frames_requested: int = Field(description="Frames that were asked for.")
    frames_decoded: int | None = Field(
        None, description="Frames that were decoded: fewer in short or damaged files."
    )
    frames_scored: int = Field(description="Frames with at least one face.")
    frames: list[ScoredFrame]
    model: Model
    timings_ms: dict[str, float] = Field(
        description="Milliseconds by stage: `queued`, `fetch`, `decode`, `faces`, `infer`."
    )


class MediaFacts(Part):
    """What a file is; what only a decoder can tell is null until the file was decoded."""

    kind: str = Field(examples=["video"])
    container: str = Field(examples=["mp4"])
    codec: str | None = None
    duration_s: float | None = Field(None, description="Seconds; null for images.")
    width: int | None = Field(None, description="Pixels, as displayed.")
    height: int | None = Field(None, description="Pixels, as displayed.")
    frames_total: int | None = Field(
        None, description="Pictures that the video shows, counted; null for stills."
    )
    covered_s: float | None = Field(
        None, description="Seconds from the first judged moment to the last one."
    )
    notes: list[str] = Field(
        default_factory=list, description="Codes of what was not looked at, or was assumed."
    )


class Failure(Part):
    """Why a file could not be judged."""

    code: str = Field(examples=["unreadable_media"])
    message: str
    retryable: bool
