"""Media made in code, in memory: nothing binary is committed.

Frame ``i`` of every film and animation has the flat grey ``shade(i)`` on its right half, so a
test can tell which frame it was given, and a red square in its top left corner, so that it can
tell which way up. Everything returns ``bytes``.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.made_once import made_once

_MUXERS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm", "avi": "avi"}
_CODECS = {"mp4": "libx264", "mov": "libx264", "mkv": "libx264", "webm": "libvpx", "avi": "mpeg4"}


def shade(index: int) -> int:
    """The grey of frame ``index``: 16 steps that survive every codec."""
    return 24 + 13 * (index % 16)


def shown_index(pixels: NDArray[np.uint8], period: int = 16) -> int:
    """Which frame (modulo 16) a decoded, unturned picture is."""
    grey = float(pixels[pixels.shape[0] // 2 :, pixels.shape[1] // 2 + 4 :].mean())
    return round((grey - 24) / 13) % period


def red_corner(pixels: NDArray[np.uint8]) -> str:
    """Where the red square is: one of "top left", "top right", "bottom left", "bottom right"."""
    red = (pixels[..., 0].astype(int) - pixels[..., 1]) > 60
    rows, columns = np.nonzero(red)
    height, width = red.shape
    side = "left" if columns.mean() < width / 2 else "right"
    return ("top " if rows.mean() < height / 2 else "bottom ") + side


def picture(index: int = 0, size: tuple[int, int] = (64, 64)) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB for ``size`` = (width, height)."""
    width, height = size
    pixels = np.full((height, width, 3), shade(index), np.uint8)
    pixels[: height // 2, : width // 2] = 128
    pixels[: height // 4, : width // 4] = (255, 0, 0)
    return pixels


@made_once
def make_video(
    frames: int = 12,
    size: tuple[int, int] = (64, 64),
    fps: int = 10,
    gop: int = 5,
    container: str = "mp4",
    codec: str | None = None,
    *,
    rotation: int = 0,
    mirrored: bool = False,
    b_frames: int = 0,
    pix_fmt: str | None = None,
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    muxer_options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    audio: bool = False,
    seekable: bool = True,
) -> bytes:
    """A film of ``frames`` pictures with a keyframe every ``gop``.

    ``rotation`` is counter-clockwise, in degrees; ``times`` replaces the presentation times, in
    ticks of 1/1000 s; ``seekable=False`` writes as to a pipe: no index, no duration.
    """
    out = io.BytesIO()
    target: Any = out if seekable else Pipe(out)
    with av.open(target, "w", format=_MUXERS[container], options=muxer_options or {}) as file:
        stream: Any = file.add_stream(codec or _CODECS[container], rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt or ("yuvj420p" if codec == "mjpeg" else "yuv420p")
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = b_frames
        stream.options = {**_encoder_options(stream.codec_context.name, gop), **(options or {})}
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation or mirrored:
            stream.set_display_rotation(rotation, mirrored)
        sound = _add_silence(file) if audio else None
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, size), format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts = index if times is None else times[index]
            frame.time_base = Fraction(1, fps) if times is None else Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        if sound is not None:
            file.mux(sound.encode())
    return out.getvalue()


def _encoder_options(codec: str, gop: int) -> dict[str, str]:
    if codec == "libx264":
        return {"preset": "ultrafast", "sc_threshold": "0", "keyint_min": str(gop), "qp": "12"}
    if codec == "libx265":
        return {"x265-params": f"log-level=none:keyint={gop}:min-keyint={gop}"}
    if codec == "mpeg4":
        return {"sc_threshold": "1000000000", "qscale": "2"}
    return {"deadline": "realtime", "cpu-used": "8"} if "vpx" in codec else {}


def _add_silence(file: Any) -> Any:
    codec = "libopus" if file.format.name == "webm" else "aac"
    stream = file.add_stream(codec, rate=48_000, layout="mono")
    sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
    sound.sample_rate = 48_000
    file.mux(stream.encode(sound))
    return stream


def make_audio(container: str = "mp4") -> bytes:
    """A file with a sound track alone."""
    out = io.BytesIO()
    with av.open(out, "w", format=_MUXERS[container]) as file:
        stream = _add_silence(file)
        file.mux(stream.encode())
    return out.getvalue()


def make_image(
    format: str = "jpeg",  # noqa: A002 - Pillow's word
    size: tuple[int, int] = (64, 48),
    *,
    mode: str = "RGB",
    orientation: int | None = None,
    **options: Any,
) -> bytes:
    """A still picture in any format that Pillow or pillow-heif writes."""
    image = Image.fromarray(picture(0, size)).convert(mode)
    if orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    return save_image(image, format, **options)


def save_image(image: Image.Image, name: str, **options: Any) -> bytes:
    """Any Pillow image as bytes; ``name`` is one of ours, "heic" included."""
    out = io.BytesIO()
    if name == "heic":
        from pillow_heif import from_pillow

        from_pillow(image).save(out, **options)
    else:
        image.save(out, format=name.upper(), **options)
    return out.getvalue()


@made_once
def make_animation(
    frames: int = 6,
    size: tuple[int, int] = (64, 64),
    format: str = "gif",  # noqa: A002
    durations_ms: int | Iterable[int] = 100,
) -> bytes:
    """An animated GIF, WebP, PNG or AVIF."""
    images = [Image.fromarray(picture(index, size)) for index in range(frames)]
    out = io.BytesIO()
    duration = durations_ms if isinstance(durations_ms, int) else list(durations_ms)
    images[0].save(
        out,
        format=format.upper(),
        save_all=True,
        append_images=images[1:],
        duration=duration,
        loop=0,
    )
    return out.getvalue()


class Pipe:
    """A writer without seek, as when a browser streams a recording."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        return self._out.write(data)
