"""The report as one page: no script, no other file, and nothing that is not escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.report.report import Report
from core.result import Face, ScoredFrame
from core.store.evidence import Pictures

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Where something lies in a frame, in pixels of it."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, edges: Sequence[float], width: float, height: float) -> Rectangle:
        """``edges`` are left, top, width and height as fractions of the frame."""
        left, top, wide, high = edges
        return cls(
            *(round(v, 2) for v in (left * width, top * height, wide * width, high * height))
        )


@dataclass(frozen=True, slots=True)
class ShownFace:
    """A face, where it lies, and its heat map as a data URI; None where it has none."""

    face: Face
    box: Rectangle
    crop: Rectangle | None
    heatmap: str | None


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """A frame and its picture as a data URI; None where it was not kept."""

    frame: ScoredFrame
    picture: str | None
    faces: list[ShownFace]


def render(report: Report, pictures: Pictures) -> str:
    """The page. The frames are in it, so that it can be kept and printed without the service."""
    media = report.job.media
    width, height = media.width or 1000, media.height or 1000
    result = report.job.result
    frames = [
        _shown(n, frame, pictures, width, height)
        for n, frame in enumerate(result.frames if result else ())
    ]
    template = _environment().get_template("report.html.j2")
    return template.render(
        report=report,
        frames=frames,
        width=width,
        height=height,
        style=Markup(_style()),  # noqa: S704 - ours
    )


def policy() -> str:
    """The Content-Security-Policy of the page: its own style and pictures within it, no more."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _shown(
    n: int, frame: ScoredFrame, pictures: Pictures, width: float, height: float
) -> ShownFrame:
    faces = [
        ShownFace(
            face,
            Rectangle.of(face.box, width, height),
            None if face.crop is None else Rectangle.of(face.crop, width, height),
            _data_uri("image/png", pictures.heatmap(n, i)),
        )
        for i, face in enumerate(frame.faces)
    ]
    return ShownFrame(frame, _data_uri("image/jpeg", pictures.frame(n)), faces)


def _data_uri(media_type: str, data: bytes | None) -> str | None:
    return None if data is None else f"data:{media_type};base64,{b64encode(data).decode()}"


@cache
def _style() -> str:
    return (_FOLDER / "report.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
