"""Whether the frames that the project samples from a form are those of a plain decode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from core.errors import MediaError
from core.media.frames import Frame, open_media
from core.media.limits import MediaInfo
from core.options import Sampling
from tests.media.form import Form
from tests.media.plain import Film, read, rgb
from tests.media.scene import Pixels, number_shown, scene

COUNT = 10  # frames that are asked for
_ENOUGH = 0.9  # of the frames that the stream has for them
_TICK_S = 0.002  # containers round times to 1 ms
# Mean differences of 8-bit RGB.
_SAME = 2.0  # to the plain decode
_ALIKE = 8.0  # to the picture before it was encoded


def faults(form: Form, data: bytes) -> list[str]:
    """What is wrong with ten frames of a form in either sampling, in words."""
    if form.error:
        return _refusal_faults(form, data)
    film = read(data)
    found = []
    for sampling in Sampling:
        try:
            with open_media(data) as media:
                frames = list(media.frames(COUNT, sampling))
                info = media.info
        except MediaError as error:
            return [f"it is refused as {error.code}: {error}"]
        centres_s = _centres_s(info.duration_s or film.end_s)
        wrong = (
            *_length_faults(form, film, info),
            *_count_faults(film, frames, centres_s),
            *_place_faults(form, film, frames, centres_s, sampling),
            *(fault for frame in frames for fault in _time_faults(form, film, frame)),
            *(fault for frame in frames for fault in _picture_faults(form, film, frame)),
        )
        found += [f"{sampling.value}: {fault}" for fault in wrong]
    return found


def _refusal_faults(form: Form, data: bytes) -> list[str]:
    try:
        with open_media(data) as media:
            frames = list(media.frames(COUNT))
    except MediaError as error:
        if error.code == form.error:
            return []
        return [f"it is refused as {error.code}, not as {form.error}: {error}"]
    return [f"it is not refused as {form.error}; {len(frames)} frames come back"]


def _length_faults(form: Form, film: Film, info: MediaInfo) -> Iterator[str]:
    end_s, there = film.end_s, len(film.times_s)
    allowed_s = max(0.2, 0.1 * end_s) if form.cut else max(0.05, 0.02 * end_s)
    if info.duration_s is None or abs(info.duration_s - end_s) > allowed_s:
        yield f"the film is said to last {info.duration_s} s; it lasts {end_s:.2f} s"
    if info.frames_total is None or abs(info.frames_total - there) > 1:  # the last one may be cut
        yield f"the film is said to have {info.frames_total} frames; it has {there}"


def _count_faults(film: Film, frames: Sequence[Frame], centres_s: Sequence[float]) -> Iterator[str]:
    there = len({film.on_display(centre_s) for centre_s in centres_s})
    if len(film.times_s) <= COUNT:
        there = len(film.times_s)
    if len(frames) < _ENOUGH * there:
        yield f"{len(frames)} of {there} frames"
    times = [frame.timestamp_s for frame in frames]
    if times != sorted(set(times)):
        yield f"the times do not rise: {times}"


def _place_faults(
    form: Form, film: Film, frames: Sequence[Frame], centres_s: Sequence[float], sampling: Sampling
) -> Iterator[str]:
    """Frames that lie too far from the centre of any slice, and are not on display there."""
    if len(film.times_s) <= COUNT:
        return
    slice_s = 2 * centres_s[0]
    leeway_s = slice_s / 50  # a centre may be where one frame follows another
    if form.untimed or form.cut:  # the last frames of a cut film do not decode
        leeway_s += 3 * (film.times_s[1] - film.times_s[0])
    shown = {
        index
        for centre_s in centres_s
        for index in range(
            film.on_display(centre_s - leeway_s), film.on_display(centre_s + leeway_s) + 1
        )
    }
    for frame in frames:
        off_s = min(abs(frame.timestamp_s - centre_s) for centre_s in centres_s)
        close = sampling is Sampling.KEYFRAMES and off_s <= slice_s / 2 + _TICK_S
        if not close and film.nearest(frame.timestamp_s) not in shown:
            yield f"the frame at {frame.timestamp_s:.3f} s is {off_s:.3f} s off any slice's centre"


def _centres_s(end_s: float) -> list[float]:
    return [end_s / COUNT * (place + 0.5) for place in range(COUNT)]


def _time_faults(form: Form, film: Film, frame: Frame) -> Iterator[str]:
    if form.untimed:
        return
    nearest = film.nearest(frame.timestamp_s)
    if abs(film.times_s[nearest] - frame.timestamp_s) > _TICK_S:
        yield f"no frame is shown from {frame.timestamp_s:.3f} s on"
    if frame.index != nearest:
        yield f"frame {nearest}, at {frame.timestamp_s:.3f} s, is said to be {frame.index}"


def _picture_faults(form: Form, film: Film, frame: Frame) -> Iterator[str]:
    pixels = form.upright(frame.pixels)
    nearest, number = film.nearest(frame.timestamp_s), number_shown(pixels)
    if form.untimed and abs(number - nearest) <= 2:
        nearest = number
    picture = film.pictures[nearest]
    plain = rgb(picture, form.matrix, form.aspect)
    if plain.shape != pixels.shape:
        yield f"frame {frame.index} is {pixels.shape}, not {plain.shape}"
        return
    if number != number_shown(plain):
        yield f"frame {frame.index} shows {number}, not {number_shown(plain)}"
    if not form.hdr and _difference(pixels, plain) > _SAME:
        yield f"frame {frame.index} differs by {_difference(pixels, plain):.1f} from plain"
    if form.aspect == 1:
        off = _difference(pixels, scene(number, (picture.width, picture.height)))
        if off > _ALIKE:
            yield f"frame {frame.index} differs by {off:.1f} from the film before encoding"


def _difference(some: Pixels, others: Pixels) -> float:
    return float(np.abs(some.astype(np.int16) - others).mean())
