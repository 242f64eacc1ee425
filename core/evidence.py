"""What crosses from the sandboxed decoder to the process that holds the model.

On the wire an :class:`Evidence` is a JSON header followed by one part a face crop, so
reading it needs no pickle; :meth:`Evidence.from_wire` trusts nothing that it is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from core.errors import DecoderCrashed
from core.faces.face import Box
from core.media.limits import MediaInfo, MediaLimits
from core.media.sniff import Kind
from core.options import DEFAULT_FRAMES, DEFAULT_MARGIN, Sampling

_WORD = re.compile(r"[a-z0-9_.-]{1,64}")  # a format, a codec, a note
_MOST = 10**9  # seconds, frames, pixels of a side: no file has as many
_REASON_CHARACTERS = 200
_ROUNDING = 1e-6  # of the sum of two numbers that were made of float32
_MALFORMED = (LookupError, TypeError, ValueError, OverflowError, StopIteration, RuntimeError)


@dataclass(frozen=True, slots=True)
class Cut:
    """How a face is cut out: as the ``input`` of the bundle that will see it says."""

    size: int  # pixels a side
    margin: float  # around the face, of its longer side


@dataclass(frozen=True, slots=True)
class ExtractOptions:
    """How frames are sampled and faces are cut out."""

    frames: int = DEFAULT_FRAMES
    sampling: Sampling = Sampling.KEYFRAMES
    crop_size: int = 224  # pixels, the input size of the bundle
    crop_margin: float = DEFAULT_MARGIN  # around a face, the input margin of the bundle
    video_cut: Cut | None = None  # of faces in videos, where another bundle sees those
    limits: MediaLimits = field(default_factory=MediaLimits)
    # A JPEG of each frame for people: its longer side in pixels, and its bytes. 0 is none.
    preview_side: int = 0
    preview_bytes: int = 0

    def cut_of(self, kind: Kind) -> Cut:
        """How faces are cut out of a file of this kind, which is known once it is open."""
        if kind is Kind.VIDEO and self.video_cut is not None:
            return self.video_cut
        return Cut(self.crop_size, self.crop_margin)

    @property
    def largest_crop(self) -> int:
        """No JPEG of a crop has more bytes (of the worst noise: 1.0 a sample, and its tables)."""
        return 4 * max(self.cut_of(kind).size for kind in Kind) ** 2 + 2048


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """One face in one frame; ``jpeg`` holds (crop_size, crop_size, 3)."""

    box: Box
    detection_score: float  # [0, 1]
    identity: int  # the same number for the same face over the frames
    width_px: int  # of the face in the displayed frame, before resizing
    jpeg: bytes
    cut: Box | None = None  # what of the frame the JPEG shows


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A frame that was decoded and searched for faces.

    ``preview`` is a JPEG of the whole frame, where one was asked for and fits into its limit.
    """

    index: int
    timestamp_s: float
    keyframe: bool
    faces: tuple[FaceCrop, ...]
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the detector gets to see of an upload."""

    media: MediaInfo
    frames_requested: int
    frames: tuple[SampledFrame, ...]
    decode_ms: float
    faces_ms: float
    covered_s: float = 0.0  # from the first to the last moment that was looked at
    moments_missed: int = 0  # of ``frames_requested`` over the whole film: they do not decode

    @property
    def partly_unreadable(self) -> bool:
        """True when less than half of a film could be looked at, because the rest does not decode
        or is not in the file.

        A film with few pictures, or one without faces, is readable all the same.
        """
        if not self.moments_missed or not self.media.duration_s:
            return False
        most_missed = 2 * self.moments_missed > self.frames_requested
        return most_missed or self.covered_s < self.media.duration_s / 2

    @property
    def crops(self) -> Iterator[FaceCrop]:
        """Every face crop, frame by frame."""
        return (face for frame in self.frames for face in frame.faces)

    def to_wire(self) -> list[bytes]:
        """A JSON header, the JPEGs in the order of :attr:`crops`, then those of whole frames."""
        header = {
            "media": _media_to_json(self.media),
            "frames_requested": self.frames_requested,
            "frames": [_frame_to_json(frame) for frame in self.frames],
            "decode_ms": self.decode_ms,
            "faces_ms": self.faces_ms,
            "covered_s": self.covered_s,
            "moments_missed": self.moments_missed,
        }
        crops = [crop.jpeg for crop in self.crops]
        previews = [frame.preview for frame in self.frames if frame.preview is not None]
        return [json.dumps(header).encode(), *crops, *previews]

    @classmethod
    def from_wire(cls, parts: Sequence[bytes]) -> Evidence:
        """Rebuild from :meth:`to_wire`.

        Raises :class:`DecoderCrashed` on anything malformed, missing, left over, or that no file
        can make an honest decoder say.
        """
        try:
            header = json.loads(parts[0], parse_constant=_refuse)
            jpegs = iter(parts[1:])
            items = list(header["frames"])
            faces = [_faces_from_json(item, jpegs) for item in items]
            frames = tuple(
                _frame_from_json(item, found, jpegs)
                for item, found in zip(items, faces, strict=True)
            )
            if next(jpegs, None) is not None:
                raise ValueError("more crops than faces")
            if any(after.index <= before.index for before, after in pairwise(frames)):
                raise ValueError("the frames are not in order")
            return cls(
                media=_media_from_json(header["media"]),
                frames_requested=_whole(header["frames_requested"]),
                frames=frames,
                decode_ms=_number(header["decode_ms"]),
                faces_ms=_number(header["faces_ms"]),
                covered_s=_number(header["covered_s"]),
                moments_missed=_whole(header["moments_missed"]),
            )
        except _MALFORMED as error:
            raise DecoderCrashed(
                f"The decoder's answer is malformed: {str(error)[:_REASON_CHARACTERS]}."
            ) from error


def _media_to_json(media: MediaInfo) -> dict[str, Any]:
    return {
        "kind": media.kind.value,
        "container": media.container,
        "codec": media.codec,
        "duration_s": media.duration_s,
        "width": media.width,
        "height": media.height,
        "frames_total": media.frames_total,
        "notes": list(media.notes),
    }


def _media_from_json(item: dict[str, Any]) -> MediaInfo:
    duration, frames = item["duration_s"], item["frames_total"]
    return MediaInfo(
        kind=Kind(item["kind"]),
        container=_word(item["container"]),
        codec=_word(item["codec"]),
        duration_s=None if duration is None else _number(duration),
        width=_whole(item["width"]),
        height=_whole(item["height"]),
        frames_total=None if frames is None else _whole(frames),
        notes=tuple(_word(note) for note in item["notes"]),
    )


def _frame_to_json(frame: SampledFrame) -> dict[str, Any]:
    return {
        "index": frame.index,
        "timestamp_s": frame.timestamp_s,
        "keyframe": frame.keyframe,
        "preview": frame.preview is not None,
        "faces": [
            {
                "box": _box_to_json(face.box),
                "detection_score": face.detection_score,
                "identity": face.identity,
                "width_px": face.width_px,
                "cut": None if face.cut is None else _box_to_json(face.cut),
            }
            for face in frame.faces
        ],
    }


def _box_to_json(box: Box) -> list[float]:
    return [box.left, box.top, box.width, box.height]


def _faces_from_json(item: dict[str, Any], jpegs: Iterator[bytes]) -> tuple[FaceCrop, ...]:
    return tuple(_face_from_json(face, next(jpegs)) for face in list(item["faces"]))


def _frame_from_json(
    item: dict[str, Any], faces: tuple[FaceCrop, ...], jpegs: Iterator[bytes]
) -> SampledFrame:
    return SampledFrame(
        index=_whole(item["index"]),
        timestamp_s=_number(item["timestamp_s"]),
        keyframe=bool(item["keyframe"]),
        faces=faces,
        preview=next(jpegs) if item["preview"] is True else None,
    )


def _face_from_json(item: dict[str, Any], jpeg: bytes) -> FaceCrop:
    cut = item["cut"]
    return FaceCrop(
        box=_box_from_json(item["box"]),
        detection_score=_number(item["detection_score"], 1),
        identity=_whole(item["identity"]),
        width_px=_whole(item["width_px"]),
        jpeg=jpeg,
        cut=None if cut is None else _box_from_json(cut),
    )


def _box_from_json(edges: Any) -> Box:
    left, top, width, height = (_number(edge, 1) for edge in edges)
    if left + width > 1 + _ROUNDING or top + height > 1 + _ROUNDING:
        raise ValueError(f"{edges!r} is not within its frame")
    return Box(left, top, width, height)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _number(value: Any, most: float = _MOST) -> float:
    number = float(value)
    if not 0 <= number <= most:  # nor is NaN
        raise ValueError(f"{number:g} is not in [0, {most:g}]")
    return number


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError(f"no whole number of [0, {_MOST:g}]")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or _WORD.fullmatch(value) is None:
        raise ValueError(f"{str(value)[:64]!r} is no name of a format, a codec or a note")
    return value
