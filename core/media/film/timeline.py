"""When the pictures of a video stream are shown, learnt from its packets.

Every packet is read once and none is decoded, which takes about 3 microseconds a packet: 20 ms
for five minutes, a quarter of a second for an hour. What containers claim (durations, frame
counts, sample tables, cues) is wrong in many files that play, so none of it is used: the start is
the first picture that is shown, and the end is the last one plus its duration.

All times are integer ticks of the stream's time base. They come in two kinds:

- **by presentation**: packets say when their pictures are shown, and so do decoded pictures;
- **by order**: packets lack presentation times, as in AVI, or their clock is set anew, as in
  joined transport streams. Then the n-th picture that is shown gets the n-th decoding time, and
  gaps that no film has are closed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from av.packet import Packet
from av.video.stream import VideoStream


class Identity(NamedTuple):
    """What tells one packet of a stream from another, whatever was read before it."""

    position: int | None  # in the file, in bytes
    size: int

    @classmethod
    def of(cls, packet: Packet[VideoStream]) -> Identity:
        return cls(packet.pos, packet.size)


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A packet that a decoder may start at, if the container tells the truth.

    ``number`` counts packets in the order of the file, ``time`` is when its picture is shown,
    and ``pts`` is what the container says of that. ``flagged`` is False for a first packet that
    is no keyframe.
    """

    time: int
    number: int
    pts: int
    flagged: bool
    identity: Identity


class Placed(NamedTuple):
    """Where the picture of packet ``number`` stands among those that are shown."""

    number: int
    order: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where keyframes and pictures lie between ``start`` and ``end`` (exclusive), in ticks."""

    shown: Sequence[int]  # the time of every picture, rising
    keyframes: Sequence[Keyframe]  # by time, with the first packet of the file in any case
    first: Keyframe  # that packet
    end: int
    packets: int  # how many there are, with those whose pictures are not shown
    # Only for times by order: the pictures that have a presentation time of the container.
    placed: Mapping[int, Sequence[Placed]] | None = None

    @property
    def start(self) -> int:
        return self.shown[0]

    @property
    def frames(self) -> int:
        """How many pictures are shown."""
        return len(self.shown)

    def beginning_at(self, time: int) -> Timeline:
        """The same film without the pictures before ``time``, if it has times of presentation.

        A film that does not begin with its first keyframe, as fragments in disorder, stays whole.
        """
        left = self.shown[bisect_left(self.shown, time) :]
        in_order = self.placed is None and self.keyframes[0] is self.first
        return replace(self, shown=left) if left and in_order else self

    def on_display(self, moment: int) -> int:
        """The time of the picture that is on display at ``moment``."""
        return self.shown[self.index(moment)]

    def index(self, time: int) -> int:
        """The index, in the order of presentation, of the picture on display at ``time``."""
        return max(0, bisect_right(self.shown, time) - 1)

    def keyframes_until(self, time: int) -> int:
        """How many keyframes are shown at or before ``time``."""
        return bisect_right(self.keyframes, time, key=_time)

    def nearest_keyframe(self, time: int) -> Keyframe:
        """The keyframe that is shown nearest to ``time``."""
        at = self.keyframes_until(time)
        return min(self.keyframes[max(0, at - 1) : at + 1], key=lambda key: abs(key.time - time))

    def time_of(self, pts: int | None, start: Keyframe, last: int | None) -> int:
        """When a picture is shown that was decoded from ``start``.

        ``pts`` is the time that it carries, and ``last`` is when the one before it is shown.
        """
        if self.placed is None:
            return self.start if pts is None else pts
        if last is not None:  # decoders give pictures in the order of presentation
            return self.shown[min(self.index(last) + 1, self.frames - 1)]
        for place in self.placed.get(pts, ()) if pts is not None else ():
            if place.number >= start.number:
                return self.shown[min(place.order, self.frames - 1)]
        return start.time


def _time(keyframe: Keyframe) -> int:
    return keyframe.time
