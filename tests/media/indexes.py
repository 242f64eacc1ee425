"""Files whose index, table or header is missing, partial, false, cut off or edited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.media import boxes, ebml, riff
from tests.media.form import Form, form

_ROOM = {"moov_size": "8000"}  # the header in front, as after -movflags faststart
_STBL = ("moov", "trak", "mdia", "minf", "stbl")
_CUT = (0.3, 0.6, 0.9)
_all_keyframes = partial(boxes.without, path=(*_STBL, "stss"))


def forms() -> Iterator[Form]:
    for kind in ("mkv/h264", "mkv/h264-long", "webm/vp8-long"):
        yield from _matroska(kind)
    for kind in ("mp4/h264", "mov/h264", "mov/hevc"):
        yield from _tables(kind)
        yield from _edits(kind)
    yield from _edits("mp4/h264-open-gop")
    yield form("mp4/h264-long")
    yield form("mp4/h264-long-ntsc")
    yield form("mkv/h264-long-ntsc")
    yield form("mp4/h264-few", "trimmed in front", patch=partial(boxes.edited, edits=[(0.08, 0.2)]))
    yield form("mp4/h264-long", "trimmed in front", patch=partial(boxes.edited, edits=[(7.3, 12)]))
    every = "with every frame said to be a keyframe"
    yield form("mp4/hevc-long-one-keyframe", every, patch=_all_keyframes)
    yield from _avi()
    once = partial(boxes.edited, edits=[(2.2, 1.8)])
    yield form("mp4/h264-one-keyframe", "trimmed in front", patch=once)
    yield from _fragments()
    yield from _cuts()
    yield from _cut_out()


def _matroska(kind: str) -> Iterator[Form]:
    unindexed = (ebml.SEEK_HEAD, ebml.CUES)
    yield form(kind, "without cues", patch=partial(ebml.without, names=unindexed))
    yield form(kind, "with half the cues", patch=ebml.with_half_the_cues)
    yield form(kind, "with cues for every frame", patch=ebml.with_cues_for_every_frame)
    yield form(kind, "without duration", patch=partial(ebml.without, names=[ebml.DURATION]))
    yield form(kind, "said to last an hour", patch=partial(ebml.lasting, seconds=3599))
    yield form(kind, "said to last a second", patch=partial(ebml.lasting, seconds=1))
    yield form(kind, "streamed", seekable=False)
    yield form(kind, "from a browser", patch=ebml.unsized, seekable=False)
    unrated = partial(ebml.without, names=[*unindexed, ebml.DEFAULT_DURATION])
    yield form(kind, "from a browser, duration put in later", patch=unrated)


def _tables(kind: str) -> Iterator[Form]:
    yield form(kind, "with every frame said to be a keyframe", patch=_all_keyframes)
    yield form(kind, "whose first frame is no keyframe", patch=boxes.first_sample_not_sync)
    yield form(kind, "said to last an hour", patch=partial(boxes.lasting, seconds=3599))
    yield form(kind, "said to last a second", patch=partial(boxes.lasting, seconds=1))
    yield form(kind, "with its header in front", options=_ROOM)
    yield form(kind, "with negative offsets", options={"movflags": "negative_cts_offsets"})


def _edits(kind: str) -> Iterator[Form]:
    yield form(kind, "trimmed by the muxer", start_s=-1.37)
    yield form(kind, "trimmed by the muxer from a keyframe on", start_s=-1.37, first=20)
    for what, edits in {
        "trimmed in front": [(1.37, 2.63)],
        "trimmed at both ends": [(0.5, 2.1)],
        "trimmed to a part of one group": [(0.9, 0.6)],
        "of two parts": [(0.5, 1.0), (2.6, 1.0)],
        "after a wait": [(-1.0, 2.0), (0.0, 4.0)],
    }.items():
        yield form(kind, what, patch=partial(boxes.edited, edits=edits))


def _avi() -> Iterator[Form]:
    for kind in ("avi/mpeg4-no-b", "avi/mjpeg"):
        yield form(kind, "with every frame said to be a keyframe", patch=riff.all_keyframes)
        yield form(kind, "without index", patch=riff.without_index)
        yield form(kind, "said to last an hour", patch=partial(riff.of_frames, frames=90_000))
        yield form(kind, "said to last a second", patch=partial(riff.of_frames, frames=25))
        yield form(kind, "streamed", seekable=False)


def _fragments() -> Iterator[Form]:
    for flags in (
        "frag_keyframe",
        "frag_keyframe+empty_moov+dash",
        "frag_every_frame+empty_moov+default_base_moof",
    ):
        yield form("mp4/h264", flags, options={"movflags": flags})
    yield form("fmp4/h264-long")
    yield form("fmp4/h264", "begins at 10 s", start_s=10)


def _cuts() -> Iterator[Form]:
    for kind in (
        *("mkv/h264", "mkv/h264-long", "webm/vp9", "webm/vp8-long", "avi/mpeg4-no-b"),
        *("fmp4/h264", "ts/h264", "m2ts/hevc"),
    ):
        for share in _CUT:
            cut = form(kind, f"cut at {share:.0%}", patch=partial(first_part, share=share))
            yield replace(cut, cut=True)
    for kind in ("mp4/h264", "mov/hevc"):
        for share in _CUT:
            what, patch = f"header in front, cut at {share:.0%}", partial(first_part, share=share)
            yield replace(form(kind, what, patch=patch, options=_ROOM), cut=True)
    late = form("ts/h264", "received from the middle on", patch=lambda data: data[188 * 190 :])
    yield replace(late, cut=True)


def _cut_out() -> Iterator[Form]:
    """Films whose first pictures refer to what is missing, so that no player shows them."""
    what = "cut out of a longer film"
    for kind in ("mkv/h264-open-gop", "mkv/hevc", "ts/hevc"):
        yield form(kind, what, first=20)
    yield form("mp4/h264-open-gop", what, first=20, options={"use_editlist": "0"})
    negative = {"avoid_negative_ts": "disabled"}
    yield form("mkv/h264-open-gop", f"{what} at 0", first=20, start_s=-0.8, options=negative)


def first_part(data: bytes, share: float) -> bytes:
    """The first ``share`` of a file, as after an interrupted download."""
    return data[: round(len(data) * share)]
