"""Reads all packets of a video stream into a timeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.media.film.timeline import Identity, Keyframe, Placed, Timeline
from core.media.limits import MediaLimits

# Packets of these containers carry the clock of whoever sent them. Where streams are joined it
# jumps, back or ahead; a longer wait within one stream is not to be told from that.
_CLOCKED = frozenset(("mpegts", "mpeg"))
_MAX_GAP_S = 60
_NEVER = 2**63 - 1
_INTERLACED = 2  # FFmpeg's AV_FIELD_TT, the first order of fields; 0 and 1 are unknown and none

Ticks = NDArray[np.int64]


def read_timeline(
    packets: Iterable[Packet[VideoStream]],
    stream: VideoStream,
    limits: MediaLimits,
    *,
    truncated: bool,
) -> Timeline | None:
    """Learn the times from all packets of ``stream``, in the order of the file.

    Of a ``truncated`` file the last packet does not count: it is cut too. None when there is no
    picture. Raises :class:`TooManyFrames`.
    """
    scan = _Scan()
    for packet in packets:
        scan.add(packet)
        limits.check_frames(len(scan.pts))
    if truncated:
        scan.forget_last()
    usual, demuxer = _usual_duration(stream), stream.container.format.name
    if demuxer.startswith("matroska"):
        scan.hide_before_zero()
    elif demuxer in _CLOCKED and stream.codec_context.field_order >= _INTERLACED:
        scan.join_fields()
    if not scan.shows_something:
        return None
    base = stream.time_base or Fraction(1, 1000)
    max_gap = round(_MAX_GAP_S / base) if demuxer in _CLOCKED else _NEVER
    if scan.has_presentation_times(demuxer, max_gap):
        return scan.by_presentation(usual)
    return scan.by_order(usual, max_gap)


def _usual_duration(stream: VideoStream) -> int:
    rate = stream.average_rate or stream.base_rate
    return max(1, round(1 / (rate * stream.time_base))) if rate and stream.time_base else 1


class _Scan:
    """What the packets say, one list a property: an hour of film has 100,000 of them."""

    def __init__(self) -> None:
        self.pts: list[int | None] = []
        self._dts: list[int | None] = []
        self._durations: list[int] = []
        self._keyframes: list[tuple[int, Identity]] = []  # the first packet is always there
        self._flagged: set[int] = set()
        self._hidden: list[int] = []  # cut off by an edit list: decoded, never shown

    def add(self, packet: Packet[VideoStream]) -> None:
        number = len(self.pts)
        self.pts.append(packet.pts)
        self._dts.append(packet.dts)
        self._durations.append(packet.duration or 0)
        if packet.is_keyframe:
            self._flagged.add(number)
        if packet.is_keyframe or not number:
            self._keyframes.append((number, Identity.of(packet)))
        if packet.is_discard:
            self._hidden.append(number)

    def forget_last(self) -> None:
        """Leave out the last packet, unless it is the only one."""
        number = len(self.pts) - 1
        if number < 1:
            return
        for column in (self.pts, self._dts, self._durations):
            column.pop()
        self._keyframes = [keyframe for keyframe in self._keyframes if keyframe[0] < number]
        self._hidden = [hidden for hidden in self._hidden if hidden < number]

    def hide_before_zero(self) -> None:
        """Hide the pictures of a Matroska film that lie before 0: FFmpeg tells no times of them."""
        for number, times in enumerate(zip(self.pts, self._dts, strict=True)):
            if times == (None, None):
                self.pts[number] = -1
                self._hidden.append(number)

    def join_fields(self) -> None:
        """Take each second field for a part of the picture before it.

        FFmpeg makes a packet of each field of H.264, and camcorders (AVCHD) and broadcasters state
        one time for both. Where two packets in a row lack times they are pictures, several of
        which were sent together.
        """
        untimed = [number for number, pts in enumerate(self.pts) if pts is None]
        if not untimed or untimed[0] == 0 or 1 in np.diff(untimed):
            return
        for number in untimed:
            self.pts[number], self._dts[number] = self.pts[number - 1], self._dts[number - 1]
        seconds = set(untimed)
        self._keyframes = [keyframe for keyframe in self._keyframes if keyframe[0] not in seconds]
        self._hidden += untimed

    @property
    def shows_something(self) -> bool:
        return len(self._hidden) < len(self.pts)

    def has_presentation_times(self, demuxer: str, max_gap: int) -> bool:
        """Whether all packets have times of presentation, of one clock.

        AVI has none. FFmpeg makes them up from the types of the pictures, and where it cannot,
        as with H.264, they rise from packet to packet although the pictures are reordered. In
        MP4 and MOV only edit lists make decoding times jump back, and those are taken in already.
        In Matroska FFmpeg makes up the times of decoding.
        """
        if None in self.pts:
            return False
        if demuxer == "avi":
            return bool(np.any(np.diff(_ticks(self.pts)) < 0))
        if demuxer.startswith("matroska") and self._keyframes_rise():
            return True
        decoded = np.array([when for when in self._dts if when is not None], np.int64)
        steps = np.diff(decoded)
        return demuxer.startswith("mov") or not np.any((steps < 0) | (steps > max_gap))

    def _keyframes_rise(self) -> bool:
        """Whether keyframes are shown in the order of the file, as in one stream they are."""
        return bool(
            np.all(np.diff(_ticks([self.pts[number] for number, _ in self._keyframes])) > 0)
        )

    def by_presentation(self, usual: int) -> Timeline:
        times = _ticks(self.pts)
        is_shown = np.ones(len(times), np.bool_)
        is_shown[self._hidden] = False
        last = int(np.flatnonzero(is_shown)[np.argmax(times[is_shown])])
        end = int(times[last]) + (self._durations[last] or usual)
        return self._timeline(times, np.sort(times[is_shown]), end)

    def by_order(self, usual: int, max_gap: int) -> Timeline:
        """The n-th picture that is shown gets the n-th decoding time."""
        shown, clocks = self._rising_times(usual, max_gap)
        order = np.empty(len(shown), np.int64)
        order[np.lexsort((self._told_times(), clocks))] = np.arange(len(shown))
        placed: dict[int, list[Placed]] = defaultdict(list)
        for number, pts in enumerate(self.pts):
            if pts is not None:
                placed[pts].append(Placed(number, int(order[number])))
        spacing = int(np.median(np.diff(shown))) if len(shown) > 1 else usual
        end = int(shown[-1]) + max(1, spacing)
        return self._timeline(shown[order], shown, end, placed)

    def _told_times(self) -> Ticks:
        """Which tell how pictures are reordered within one clock: of decoding where that is all."""
        told = [0]
        for pts, dts in zip(self.pts, self._dts, strict=True):
            told.append(next((when for when in (pts, dts) if when is not None), told[-1]))
        return np.array(told[1:], np.int64)

    def _rising_times(self, usual: int, max_gap: int) -> tuple[Ticks, Ticks]:
        """Decoding times that rise, and which clock each was read from: 0, 1, 2 and so on.

        Packets without a time share the time between those that have one.
        """
        numbers, times, clocks = [0], [self._dts[0] or 0], [0] * len(self._dts)
        for number in range(1, len(self._dts)):
            before, after = self._dts[numbers[-1]], self._dts[number]
            clocks[number] = clocks[number - 1]
            if after is None and number < len(self._dts) - 1:
                continue
            gap = None if before is None or after is None else after - before
            anew = gap is not None and not 0 <= gap <= max_gap
            lasting = self._durations[numbers[-1] : number]
            step = gap if gap and not anew else sum(each or usual for each in lasting)
            numbers.append(number)
            times.append(times[-1] + step)
            clocks[number] += anew
        shared = np.interp(np.arange(len(self._dts)), numbers, np.array(times) - times[0])
        return times[0] + shared.round().astype(np.int64), np.array(clocks, np.int64)

    def _timeline(
        self, times: Ticks, shown: Ticks, end: int, placed: dict[int, list[Placed]] | None = None
    ) -> Timeline:
        """``times`` has a time for every packet, ``shown`` one for every picture, rising."""
        keyframes = []
        for number, identity in self._keyframes:
            pts = self.pts[number]
            seek = self._dts[number] if pts is None else pts
            time, flagged = int(times[number]), number in self._flagged
            keyframes.append(Keyframe(time, number, seek or 0, flagged, identity))
        by_time = sorted(keyframes, key=lambda keyframe: keyframe.time)
        return Timeline(shown.tolist(), by_time, keyframes[0], end, len(times), placed)


def _ticks(times: list[int | None]) -> Ticks:
    return np.array(times, np.int64)
