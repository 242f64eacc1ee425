"""When the pictures of a video stream are shown, learnt as cheaply as the container allows.

Three ways, in the order of their cost:

- **table**: MP4, MOV and AVI list every frame; the list is searched, never walked, so a film
  of 30 minutes costs as little as one of 10 seconds. The list is in the order of decoding; the
  n-th decoding time and the n-th presentation time differ by a constant, which gives the index
  of a frame without reading a packet.
- **cues**: MKV and WebM list only keyframes; the index of a frame is its time x average rate.
- **scan**: no list, an incomplete one, or a short file: every packet is read, none decoded.

All times are integer ticks of the stream's time base.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Protocol

from av.container import InputContainer
from av.error import FFmpegError
from av.index import IndexEntries, IndexEntry
from av.video.stream import VideoStream

from core.media.limits import MediaLimits

_SCAN_BELOW_FRAMES = 1_000  # a scan of 1,000 packets takes about 5 ms and makes indices exact
_NEARLY = Fraction(9, 10)
_REORDERED = 20  # packets among which the first picture to be shown is found


class Timeline(Protocol):
    """Where keyframes and frames lie between ``start`` and ``end`` (exclusive), in ticks."""

    start: int
    end: int
    step: int  # the usual distance of two frames
    frames: int  # exact or estimated

    def keyframe_before(self, pts: int) -> int | None:
        """The last keyframe at or before ``pts``."""

    def keyframe_after(self, pts: int) -> int | None:
        """The first keyframe at or after ``pts``."""

    def number(self, pts: int) -> int:
        """The index, in the order of presentation, of the frame shown at ``pts``."""


def read_timeline(
    container: InputContainer, stream: VideoStream, size: int, limits: MediaLimits
) -> Timeline:
    """Learn the times of a freshly opened stream of ``size`` bytes.

    Raises :class:`TooManyFrames` and :class:`VideoTooLong`.
    """
    limits.check_frames(len(stream.index_entries))
    if container.format.name == "avi":
        return _read_avi(container, stream, size, limits)
    limits.check_frames(stream.frames)
    claimed = _claimed_frames(container, stream)
    if container.format.name.startswith("matroska"):
        if claimed is not None and claimed > _SCAN_BELOW_FRAMES:
            cues = CueTimeline.of(container, stream, claimed)
            if cues is not None:
                return cues
    elif stream.frames and len(stream.index_entries) >= stream.frames * _NEARLY:
        return TableTimeline.of(stream, size, stream.start_time)
    return ScanTimeline.of(container, stream, limits)


def _read_avi(
    container: InputContainer, stream: VideoStream, size: int, limits: MediaLimits
) -> Timeline:
    """AVI headers prove nothing: a streamed one claims 2^30 frames, and none knows its start."""
    entries = stream.index_entries
    early = [
        packet.pts
        for packet in islice(container.demux(stream), _REORDERED)
        if packet.pts is not None
    ]
    if early and stream.frames and len(entries) >= stream.frames * _NEARLY:
        return TableTimeline.of(stream, size, min(early))
    container.seek(0)
    return ScanTimeline.of(container, stream, limits)


def _claimed_frames(container: InputContainer, stream: VideoStream) -> int | None:
    rate = stream.average_rate
    if container.duration is None or container.duration <= 0 or not rate:
        return None
    return int(Fraction(container.duration, 1_000_000) * rate)


def _step(stream: VideoStream) -> int:
    rate = stream.average_rate or stream.base_rate
    if not rate or not stream.time_base:
        return 1
    return max(1, round(1 / (rate * stream.time_base)))


@dataclass(slots=True)
class TableTimeline:
    """A list of all frames, kept by FFmpeg."""

    entries: IndexEntries
    start: int
    end: int
    step: int
    frames: int
    delay: int  # presentation minus decoding time of the n-th frame
    first: int  # the entry whose decoding time is the presentation time of the first frame

    @classmethod
    def of(cls, stream: VideoStream, size: int, begin: int | None) -> TableTimeline:
        entries = stream.index_entries
        present = _entries_within(entries, size)
        # An edit list leaves pictures out; they are decoded, never shown.
        hidden = next((at for at, entry in enumerate(entries) if not entry.is_discard), 0)
        present = max(hidden, present)
        first, last = entries[hidden].timestamp, entries[max(hidden, present - 1)].timestamp
        start = first if begin is None else begin
        gaps = present - hidden - 1
        step = max(1, (last - first) // gaps) if gaps > 0 else _step(stream)
        delay = max(0, start - first)
        return cls(
            entries=entries,
            start=start,
            end=max(start, last + delay) + step,
            step=step,
            frames=present - hidden,
            delay=delay,
            first=max(0, entries.search_timestamp(start, backward=True, any_frame=True)),
        )

    def keyframe_before(self, pts: int) -> int | None:
        return self._keyframe(pts, backward=True)

    def keyframe_after(self, pts: int) -> int | None:
        return self._keyframe(pts, backward=False)

    def _keyframe(self, pts: int, *, backward: bool) -> int | None:
        at = self.entries.search_timestamp(pts - self.delay, backward=backward)
        return None if at < 0 else self.entries[at].timestamp + self.delay

    def number(self, pts: int) -> int:
        at = self.entries.search_timestamp(pts, backward=True, any_frame=True)
        beyond = (pts - self.entries[at].timestamp) // self.step if at >= 0 else 0
        # Only the last few frames are shown after the last decoding time.
        return max(0, at - self.first + (beyond if at == len(self.entries) - 1 else 0))


def _entries_within(entries: IndexEntries, size: int) -> int:
    """How many entries of a table lie in a file of ``size`` bytes that may have been cut."""

    def whole(entry: IndexEntry) -> bool:
        return entry.pos + entry.size <= size

    return bisect_left(range(len(entries)), True, key=lambda at: not whole(entries[at]))


@dataclass(slots=True)
class CueTimeline:
    """A list of keyframes, and an average rate."""

    entries: IndexEntries
    start: int
    end: int
    step: int
    frames: int
    rate: Fraction  # frames per tick

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream, claimed: int) -> CueTimeline | None:
        """None when the list is missing or ends long before the film is said to."""
        if stream.time_base is None or stream.average_rate is None:
            return None
        start = stream.start_time or 0
        length = round(Fraction(container.duration or 0, 1_000_000) / stream.time_base)
        try:
            container.seek(start + length // 2, stream=stream)  # FFmpeg reads cues at a seek
        except FFmpegError:
            return None
        entries = stream.index_entries
        if len(entries) < 2 or entries[len(entries) - 1].timestamp - start < length * 4 // 5:
            return None
        rate = stream.average_rate * stream.time_base
        end = max(start + length, entries[len(entries) - 1].timestamp + 1)
        return cls(entries, start, end, _step(stream), claimed, rate)

    def keyframe_before(self, pts: int) -> int | None:
        return self._keyframe(pts, backward=True)

    def keyframe_after(self, pts: int) -> int | None:
        return self._keyframe(pts, backward=False)

    def _keyframe(self, pts: int, *, backward: bool) -> int | None:
        at = self.entries.search_timestamp(pts, backward=backward)
        return None if at < 0 else self.entries[at].timestamp

    def number(self, pts: int) -> int:
        return max(0, round((pts - self.start) * self.rate))


@dataclass(slots=True)
class ScanTimeline:
    """All packets, read once."""

    shown: list[int] = field(default_factory=list)
    keyframes: list[int] = field(default_factory=list)
    start: int = 0
    end: int = 1
    step: int = 1
    frames: int = 0

    @classmethod
    def of(
        cls, container: InputContainer, stream: VideoStream, limits: MediaLimits
    ) -> ScanTimeline:
        scan = cls(step=_step(stream))
        try:
            for packet in container.demux(stream):
                when = packet.dts if packet.pts is None else packet.pts
                if not packet.size or when is None or packet.is_discard:
                    continue
                scan.shown.append(when)
                if packet.is_keyframe:
                    scan.keyframes.append(when)
                limits.check_frames(len(scan.shown))
        except FFmpegError:
            pass  # cut or damaged here: what was read so far is what there is
        scan._settle()
        return scan

    def _settle(self) -> None:
        self.shown.sort()
        self.keyframes.sort()
        self.frames = len(self.shown)
        if self.shown:
            self.start = self.shown[0]
            if self.frames > 1:
                self.step = max(1, (self.shown[-1] - self.start) // (self.frames - 1))
            self.end = self.shown[-1] + self.step

    def keyframe_before(self, pts: int) -> int | None:
        at = bisect_right(self.keyframes, pts)
        return self.keyframes[at - 1] if at else None

    def keyframe_after(self, pts: int) -> int | None:
        at = bisect_left(self.keyframes, pts)
        return self.keyframes[at] if at < len(self.keyframes) else None

    def number(self, pts: int) -> int:
        return max(0, bisect_right(self.shown, pts) - 1)
